/* One step of the composer's decoder for a few rows: what `decode_numpy.py` does, without its calls.
 *
 * Products are what time goes into. Weights are laid out as (columns / BLOCK, inputs, BLOCK), so a
 * product reads them once, in order, for up to MOST rows. Every row's sums are taken in the same
 * order however many rows there are: a row's result does not depend on its neighbours. Keys lie
 * as (head, place / LANES, size, LANES): LANES places are compared with a query at once.
 * Plain C with GCC's vector types (also Clang's); no library but libm.
 */
#include <math.h>
#include <string.h>

#ifdef __AVX512F__
#define LANES 16
#define MOST 8
#else
#define LANES 8
#define MOST 4
#endif
#define BLOCK (2 * LANES)
#define UP(n, by) (((n) + (by) - 1) / (by) * (by))

typedef float vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int ivec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

typedef struct {
    int width, heads, inner, layers, fields, tokens, durations;
    float epsilon;
    const int *sizes;          /* (fields) values of each input */
    const float *conditions;   /* (sum of sizes, width) */
    const float *turn;         /* (positions, width) cos and sin by turns */
    const float *const *parts; /* (layers, 4): to query-key-value, out, gate-up, down */
    const float *norm, *token_head, *token_bias, *token_embed;
    const float *mix, *mix_bias, *duration_head, *duration_bias;
} Net;

int lanes(void) { return LANES; }
/* Floats that `step` and `durations` need for working space. */
long space(const Net *net, int rows, int length) {
    long columns = 3L * net->width + 2L * net->inner + net->tokens + net->durations + 4 * BLOCK;
    return rows * (2 * columns + net->width) + UP(length, LANES);
}

/* y (rows, N up to BLOCK) = x (rows, in steps of `stride`) times w. */
#define PRODUCT(ROWS, WIDE)                                                                  \
    static const float *product##ROWS##_##WIDE(const float *x, int stride, const float *w,   \
                                               float *y, int out, int K) {                   \
        vec a[ROWS][2 * WIDE];                                                               \
        for (int r = 0; r < ROWS; r++)                                                       \
            for (int c = 0; c < 2 * WIDE; c++) a[r][c] = (vec){0};                           \
        for (int k = 0; k < K; k++)                                                          \
            for (int c = 0; c < 2 * WIDE; c++) {                                             \
                vec part = *(const vec *)(w + ((long)(c / 2) * K + k) * BLOCK + c % 2 * LANES); \
                for (int r = 0; r < ROWS; r++) a[r][c] += part * x[r * stride + k];          \
            }                                                                                \
        for (int r = 0; r < ROWS; r++)                                                       \
            for (int c = 0; c < 2 * WIDE; c++) *(vec *)(y + r * out + c * LANES) = a[r][c];  \
        return w + (long)WIDE * K * BLOCK;                                                   \
    }
PRODUCT(1, 4) PRODUCT(1, 1) PRODUCT(2, 2) PRODUCT(2, 1) PRODUCT(3, 1) PRODUCT(4, 1)
#if MOST == 8
PRODUCT(5, 1) PRODUCT(6, 1) PRODUCT(7, 1) PRODUCT(8, 1)
#endif

static void product(int rows, const float *x, int stride, const float *w, float *y, int K, int N) {
    int out = UP(N, BLOCK);
    for (; rows > MOST; rows -= MOST, x += MOST * stride, y += MOST * out)
        product(MOST, x, stride, w, y, K, N);
    for (int n = 0; n < out;) {
        int left = (out - n) / BLOCK, wide = 1;
        float *at = y + n;
        switch (rows) {
        case 1:
            wide = left >= 4 ? 4 : 1;
            w = wide == 4 ? product1_4(x, stride, w, at, out, K) : product1_1(x, stride, w, at, out, K);
            break;
        case 2:
            wide = left >= 2 ? 2 : 1;
            w = wide == 2 ? product2_2(x, stride, w, at, out, K) : product2_1(x, stride, w, at, out, K);
            break;
        case 3: w = product3_1(x, stride, w, at, out, K); break;
        case 4: w = product4_1(x, stride, w, at, out, K); break;
#if MOST == 8
        case 5: w = product5_1(x, stride, w, at, out, K); break;
        case 6: w = product6_1(x, stride, w, at, out, K); break;
        case 7: w = product7_1(x, stride, w, at, out, K); break;
        case 8: w = product8_1(x, stride, w, at, out, K); break;
#endif
        default: return;
        }
        n += wide * BLOCK;
    }
}

static float total(vec v) {
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += v[i];
    return sum;
}

/* e to x, for x in -87..88 (clipped): 2^n times a polynomial (Cephes expf). */
static vec exponential(vec x) {
    vec low = (vec){0} - 87.0f, high = (vec){0} + 88.0f;
    x = (vec)(((ivec)x & (x > low)) | ((ivec)low & ~(x > low)));
    x = (vec)(((ivec)x & (x < high)) | ((ivec)high & ~(x < high)));
    vec shifted = x * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: the integer is in the low bits */
    vec n = shifted - 12582912.0f;
    vec r = x - n * 0.693359375f + n * 2.12194440e-4f;
    vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    return (vec)((ivec)p + ((ivec)shifted << 23));
}

static void scaled(const float *x, float *y, int rows, int width, float epsilon) {
    for (int r = 0; r < rows; r++, x += width, y += width) {
        float squares = 0, scale;
        int i = 0;
        vec sum = {0};
        for (; i + LANES <= width; i += LANES) sum += *(const vec *)(x + i) * *(const vec *)(x + i);
        for (; i < width; i++) squares += x[i] * x[i];
        scale = 1 / sqrtf((squares + total(sum)) / width + epsilon);
        for (i = 0; i < width; i++) y[i] = x[i] * scale;
    }
}

/* One head of one row: `count` places of keys and values, out (size). */
static void attend(const float *query, const float *keys, const float *values, float *scores,
                   float *out, int size, int count) {
    int places = UP(count, LANES);
    float most = -1e30f, sum;
    for (int j = 0; j < places; j += LANES, keys += size * LANES) {
        vec a = {0}, b = {0};
        for (int i = 0; i < size; i += 2) {
            a += *(const vec *)(keys + i * LANES) * query[i];
            b += *(const vec *)(keys + (i + 1) * LANES) * query[i + 1];
        }
        *(vec *)(scores + j) = a + b;
    }
    for (int j = 0; j < count; j++) most = scores[j] > most ? scores[j] : most;
    vec parts = {0};
    for (int j = 0; j < places; j += LANES) {
        vec weight = exponential(*(vec *)(scores + j) - most);
        *(vec *)(scores + j) = weight;
        if (j + LANES <= count) parts += weight;
    }
    sum = total(parts);
    for (int j = count / LANES * LANES; j < count; j++) sum += scores[j];
    int i = 0;
    for (; i + 4 * LANES <= size; i += 4 * LANES) {
        vec a = {0}, b = {0}, c = {0}, d = {0};
        for (int j = 0; j < count; j++) {
            const float *v = values + (long)j * size + i;
            a += *(const vec *)v * scores[j];
            b += *(const vec *)(v + LANES) * scores[j];
            c += *(const vec *)(v + 2 * LANES) * scores[j];
            d += *(const vec *)(v + 3 * LANES) * scores[j];
        }
        *(vec *)(out + i) = a / sum;
        *(vec *)(out + i + LANES) = b / sum;
        *(vec *)(out + i + 2 * LANES) = c / sum;
        *(vec *)(out + i + 3 * LANES) = d / sum;
    }
    for (; i < size; i++) {
        float a = 0;
        for (int j = 0; j < count; j++) a += values[(long)j * size + i] * scores[j];
        out[i] = a / sum;
    }
}

static void attention(const Net *net, float *mixed, float *out, float *keys, float *values,
                      float *scores, int place, int length) {
    int width = net->width, size = width / net->heads;
    const float *turn = net->turn + (long)place * width;
    float *query = mixed, *key = mixed + width, *value = mixed + 2 * width;
    for (int half = 0; half < 2; half++)
        for (int i = 0; i < width; i += 2) {
            float *at = mixed + half * width + i, u = at[0], v = at[1];
            at[0] = u * turn[i] - v * turn[i + 1];
            at[1] = u * turn[i + 1] + v * turn[i];
        }
    for (int h = 0; h < net->heads; h++) {
        long head = (long)h * length * size;
        float *block = keys + head + (long)(place / LANES) * size * LANES + place % LANES;
        for (int i = 0; i < size; i++) block[i * LANES] = key[h * size + i];
        memcpy(values + head + (long)place * size, value + h * size, size * sizeof(float));
        attend(query + h * size, keys + head, values + head, scores, out + h * size, size, place + 1);
    }
}

static int embed(const Net *net, const int *inputs, const float *shares, float *x, int rows) {
    for (int r = 0; r < rows; r++, x += net->width, shares += net->width) {
        const float *table = net->conditions;
        memcpy(x, shares, net->width * sizeof(float));
        for (int f = 0; f < net->fields; f++, inputs++) {
            if (*inputs < 0 || *inputs >= net->sizes[f]) return 1;
            const float *row = table + (long)*inputs * net->width;
            for (int i = 0; i < net->width; i++) x[i] += row[i];
            table += (long)net->sizes[f] * net->width;
        }
    }
    return 0;
}

/* Read one event for each of `rows` (row `slots[r]` of the cache, place `places[r]`).
 * inputs (rows, fields), shares (rows, width); out: hidden (rows, width), logits (rows, tokens).
 * keys and values are (slots, layers, heads, length, size). 0, or 1 for an input out of range. */
int step(const Net *net, const int *inputs, const float *shares, const int *slots, const int *places,
         int rows, int length, float *keys, float *values, float *hidden, float *logits, float *work) {
    int width = net->width, inner = net->inner, first = UP(3 * width, BLOCK);
    int gates = UP(2 * inner, BLOCK), narrow = UP(width, BLOCK), ends = UP(net->tokens, BLOCK);
    int most = first + gates + ends;
    long layer = (long)length * width;
    float *normed = work, *wide = work + rows * width, *part = wide + rows * most;
    float *scores = part + rows * narrow, *x = hidden;
    if (embed(net, inputs, shares, x, rows)) return 1;
    for (int l = 0; l < net->layers; l++) {
        const float *const *weights = net->parts + 4 * l;
        scaled(x, normed, rows, width, net->epsilon);
        product(rows, normed, width, weights[0], wide, width, 3 * width);
        for (int r = 0; r < rows; r++) {
            long at = ((long)slots[r] * net->layers + l) * layer;
            attention(net, wide + (long)r * first, normed + r * width, keys + at, values + at, scores,
                      places[r], length);
        }
        product(rows, normed, width, weights[1], part, width, width);
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < width; i++) x[r * width + i] += part[r * narrow + i];
        scaled(x, normed, rows, width, net->epsilon);
        product(rows, normed, width, weights[2], wide, width, 2 * inner);
        for (int r = 0; r < rows; r++) {
            float *gate = wide + (long)r * gates;
            int i = 0;
            for (; i + LANES <= inner; i += LANES) {
                vec g = *(vec *)(gate + i), up = *(vec *)(gate + inner + i);
                *(vec *)(gate + i) = g / (1.0f + exponential(-g)) * up;
            }
            for (; i < inner; i++) gate[i] = gate[i] / (1 + expf(-gate[i])) * gate[inner + i];
        }
        product(rows, wide, gates, weights[3], part, inner, width);
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < width; i++) x[r * width + i] += part[r * narrow + i];
    }
    scaled(x, x, rows, width, net->epsilon);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < width; i++) x[r * width + i] *= net->norm[i];
    if (!logits) return 0;
    product(rows, x, width, net->token_head, wide, width, net->tokens);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < net->tokens; i++)
            logits[r * net->tokens + i] = wide[r * ends + i] + net->token_bias[i];
    return 0;
}

/* Duration logits (rows, durations) for hidden states and the tokens chosen there; 1: bad token. */
int durations(const Net *net, const float *hidden, const int *tokens, int rows, float *logits,
              float *work) {
    int width = net->width, narrow = UP(width, BLOCK), out = UP(net->durations, BLOCK);
    float *small = work + rows * narrow;
    product(rows, hidden, width, net->mix, work, width, width);
    for (int r = 0; r < rows; r++) {
        if (tokens[r] < 0 || tokens[r] >= net->tokens) return 1;
        const float *embedded = net->token_embed + (long)tokens[r] * width;
        for (int i = 0; i < width; i++) {
            float v = work[r * narrow + i] + net->mix_bias[i] + embedded[i];
            work[r * narrow + i] = 0.5f * v * (1 + erff(v * 0.70710678f));
        }
    }
    product(rows, work, narrow, net->duration_head, small, width, net->durations);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < net->durations; i++)
            logits[r * net->durations + i] = small[r * out + i] + net->duration_bias[i];
    return 0;
}

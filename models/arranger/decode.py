"""Playing step by step: the network's weights in numpy, several candidates at once.

In: a `Sheet` (context, what is given, what may be struck where) and a random generator. Out: the
`Steps` of each candidate. The same mathematics as `model.ArrangerNet`, which the tests hold it to;
without torch's overhead per call a bar takes about 20 ms of one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import erf, expit

from models.arranger.context import ABSENT, GIVEN, Ids, fields
from models.arranger.encode import HOLD, OCTAVES, PITCHED, REST, SINGLE, STRUCK, Steps
from models.arranger.model import LANES, LEVELS, ArrangerNet

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
NEVER = np.float32(-1e9)
#: Options less likely than this share of the likeliest are not drawn ("min-p", Nguyen et al. 2024).
_LEAST = 0.02


@dataclass(frozen=True, eq=False)
class Sheet:
    """What is to be played, T steps.

    `ids` (T, fields) and `states` (T, 6) are the context; `steps` what given slots play. `copies`
    (T,) names an earlier step that is played again, -1 where none. `wanted` (T, 5, words) is added
    to the logits of the pitched slots. `holdable` (T, 12): pitch classes that may sound on into a
    step.
    `warmth` is the temperature: below 1 plays safer. `guidance` is how much further from playing
    without a style the style takes it (classifier-free guidance, Ho and Salimans 2022); 0 is off.
    """

    ids: Ids
    states: NDArray[np.int16]
    steps: Steps
    bar: int
    copies: NDArray[np.int64]
    wanted: Floats
    roots: NDArray[np.int16]
    holdable: Bools
    warmth: float = 0.95
    guidance: float = 1.0


class Player:
    """A network ready to play. Safe to share between threads."""

    def __init__(self, net: ArrangerNet, tones: Sequence[frozenset[int]]) -> None:
        self.net = net.eval().requires_grad_(False)
        w = {k: v.float().numpy() for k, v in net.state_dict().items()}
        d = net.config.d_context
        self.words = net.config.words
        names = list(fields(net.config.styles))
        self.style_columns = [names.index("style"), names.index("family")]
        self.known_in = w["played.weight_ih_l0"][:, :d].T.copy()
        self.past_in = w["played.weight_ih_l0"][:, d:].T.copy()
        self.back_0 = w["played.weight_hh_l0"].T.copy()
        self.up_1 = w["played.weight_ih_l1"].T.copy()
        self.back_1 = w["played.weight_hh_l1"].T.copy()
        self.biases = [w[f"played.bias_{a}_l{i}"] for i in (0, 1) for a in ("ih", "hh")]
        self.drum_out, self.drum_bias = w["drums.weight"].T.copy(), w["drums.bias"]
        below = net.below.numpy()
        self.chain = (w["chain"] * below).T.reshape(LANES, LEVELS, -1).copy()
        self.hit_in = w["step.drums.weight"].T.reshape(LANES, LEVELS - 1, -1).copy()
        table = w["step.words.weight"]
        self.table = table
        self.ask = [(w[f"asked.{i}.weight"].T.copy(), w[f"asked.{i}.bias"]) for i in _EACH]
        self.speak = []
        for i, slot in enumerate(PITCHED):
            most = STRUCK + 12 if slot in SINGLE else self.words
            out = w[f"spoken.{i}.weight"].T @ table[:most].T
            bias = w[f"spoken.{i}.bias"] @ table[:most].T + w["bias"][i, :most]
            self.speak.append((out, bias))
        self.height = [(w[f"heights.{i}.weight"].T.copy(), w[f"heights.{i}.bias"]) for i in _EACH]
        self.word_in = [table @ w[f"step.slots.{i}.weight"].T for i in _EACH]
        self.octave_in = w["step.octaves.weight"].reshape(len(PITCHED), OCTAVES, -1)
        self.tone_sets = np.zeros((self.words, 12), bool)
        for number, found in enumerate(tones):
            self.tone_sets[STRUCK + number, sorted(found)] = True

    def embed(self, drums: NDArray, words: NDArray, octaves: NDArray) -> Floats:
        """What is played in a step as vectors: (B, 6, d_step)."""
        found = [self._hits(drums)]
        for i in _EACH:
            found.append(self.word_in[i][words[:, i]] + self.octave_in[i][octaves[:, i]])
        return np.stack(found, 1)

    def _hits(self, drums: NDArray) -> Floats:
        total = np.zeros((len(drums), self.hit_in.shape[-1]), np.float32)
        for row, lane in zip(*np.nonzero(drums), strict=True):
            total[row] += self.hit_in[lane, drums[row, lane] - 1]
        return total

    def outlook(self, sheet: Sheet, styled: bool = True) -> Floats:
        """What each step knows beforehand, (T, d_context); without its style if not `styled`."""
        s, net = sheet.steps, self.net
        with torch.inference_mode():
            ids = torch.from_numpy(sheet.ids.astype(np.int64))[None]
            if not styled:
                ids[..., self.style_columns] = 0
            rows = [torch.from_numpy(x.astype(np.int64))[None] for x in vars(s).values()]
            bars = -(-len(s) // sheet.bar)
            latents = torch.zeros(1, bars, net.config.latent + 1)  # no texture is told
            found: Floats = net.outlook(ids, net.step(*rows), latents, sheet.bar)[0].numpy()
        return found

    def play(self, sheet: Sheet, rng: np.random.Generator, count: int) -> list[Steps]:
        """`count` candidates for a sheet."""
        takes = _Takes(self, sheet, rng, count)
        for t in range(len(sheet.ids)):
            takes.step(t)
        return takes.all()


_EACH = range(len(PITCHED))


class _Takes:
    """The state of playing `count` candidates of a sheet."""

    def __init__(self, player: Player, sheet: Sheet, rng: np.random.Generator, count: int) -> None:
        self.player, self.sheet, self.rng = player, sheet, rng
        total = len(sheet.ids)
        outlooks = [player.outlook(sheet)]
        if sheet.guidance:
            outlooks.append(player.outlook(sheet, styled=False))
        # (T, minds, 1, 3 hidden): one that knows the style and, for guidance, one that does not
        self.known = np.stack(outlooks, 1)[:, :, None] @ player.known_in + player.biases[0]
        hidden = player.back_0.shape[0]
        self.low = np.zeros((len(outlooks), count, hidden), np.float32)
        self.high = np.zeros((len(outlooks), count, hidden), np.float32)
        step_width = player.hit_in.shape[-1]
        # Two bars of silence before the start, so that "a bar ago" always exists.
        self.played = np.zeros((2 * sheet.bar + total, count, step_width), np.float32)
        self.drums = np.zeros((total, count, LANES), np.int16)
        self.words = np.zeros((total, count, len(PITCHED)), np.int16)
        self.octaves = np.zeros((total, count, len(PITCHED)), np.int16)
        self.sounding = np.zeros((count, len(PITCHED), 12), bool)
        self.count = count

    def step(self, t: int) -> None:
        """Play one step."""
        p, bar = self.player, self.sheet.bar
        at = t + 2 * bar
        past = np.concatenate([self.played[at - by] for by in (1, bar, 2 * bar)], 1)
        self.low = _gru(self.known[t] + past @ p.past_in, self.low, p.back_0, p.biases[1])
        self.high = _gru(self.low @ p.up_1 + p.biases[2], self.high, p.back_1, p.biases[3])
        states = self.sheet.states[t]
        self.drums[t] = self._drums(t, int(states[0]))
        before = p._hits(self.drums[t])
        for i in _EACH:
            if states[i + 1] == ABSENT:
                self.sounding[:, i] = False
                continue
            self._slot(t, i, int(states[i + 1]), before)
            here = self.words[t, :, i], self.octaves[t, :, i]
            before = before + p.word_in[i][here[0]] + p.octave_in[i][here[1]]
        self.played[at] = before

    def _drums(self, t: int, state: int) -> NDArray:
        copied = self.sheet.copies[t]
        if state == ABSENT:
            return np.zeros((self.count, LANES), np.int16)
        if state == GIVEN:
            return np.tile(self.sheet.steps.drums[t], (self.count, 1))
        if copied >= 0:
            return self.drums[copied]
        p = self.player
        minds = (self.high @ p.drum_out + p.drum_bias).reshape(-1, self.count, LANES, LEVELS)
        found = np.zeros((self.count, LANES), np.int16)
        draws = self.rng.random((LANES, self.count), np.float32)
        for lane in range(LANES):
            level = _draw(self._guided(minds[:, :, lane]), self.sheet.warmth, draws[lane])
            found[:, lane] = level
            minds += p.chain[lane, level].reshape(self.count, LANES, LEVELS)
        return found

    def _slot(self, t: int, i: int, state: int, before: Floats) -> None:
        sheet = self.sheet
        copied = sheet.copies[t]
        if state == GIVEN:
            self.words[t, :, i] = sheet.steps.words[t, i]
            self.octaves[t, :, i] = sheet.steps.octaves[t, i]
        elif copied >= 0:
            self.words[t, :, i] = self.words[copied, :, i]
            self.octaves[t, :, i] = self.octaves[copied, :, i]
        else:
            self._strike(t, i, before)
        self._listen(t, i)

    def _strike(self, t: int, i: int, before: Floats) -> None:
        p, sheet = self.player, self.sheet
        weight, bias = p.ask[i]
        asked = _gelu(self.high @ weight + bias + before)
        out, spoken = p.speak[i]
        minds = asked @ out + spoken
        logits = self._guided(minds) + sheet.wanted[t, i, : len(spoken)]
        silent = ~self.sounding[:, i].any(1)
        wrong = (self.sounding[:, i] & ~sheet.holdable[t]).any(1)
        logits[silent | wrong, HOLD] = NEVER
        draws = self.rng.random((2, self.count), np.float32)
        word = _draw(logits, sheet.warmth, draws[0])
        self.words[t, :, i] = word
        struck = word >= STRUCK
        if struck.any():
            weight, bias = p.height[i]
            heights = np.concatenate([asked[0], p.table[word]], 1) @ weight + bias
            heights[:, 0] = NEVER  # "none" is no octave
            octave = _draw(heights, 0.7 * sheet.warmth, draws[1])
            self.octaves[t, :, i] = np.where(struck, octave, 0)

    def _guided(self, logits: Floats) -> Floats:
        """What the minds (minds, count, n) come to: the styled one, led away from the other."""
        if len(logits) == 1:
            return logits[0]
        styled, plain = logits
        found: Floats = styled + np.float32(self.sheet.guidance) * (styled - plain)
        return found

    def _listen(self, t: int, i: int) -> None:
        """Which pitch classes sound on."""
        word = self.words[t, :, i]
        self.sounding[word == REST, i] = False
        for row in np.nonzero(word >= STRUCK)[0]:
            tones = self.player.tone_sets[word[row]]
            self.sounding[row, i] = np.roll(tones, int(self.sheet.roots[t]))

    def all(self) -> list[Steps]:
        """The candidates."""
        return [
            Steps(self.drums[:, row], self.words[:, row], self.octaves[:, row])
            for row in range(self.count)
        ]


def _gru(fed: Floats, state: Floats, weight: Floats, bias: Floats) -> Floats:
    """One step of a GRU layer (gates in torch's order: reset, update, new)."""
    width = state.shape[-1]
    back = state @ weight + bias
    gates = expit(fed[..., : 2 * width] + back[..., : 2 * width])
    reset, update = gates[..., :width], gates[..., width:]
    new = np.tanh(fed[..., 2 * width :] + reset * back[..., 2 * width :])
    found: Floats = new + update * (state - new)
    return found


def _gelu(x: Floats) -> Floats:
    return np.asarray(0.5 * x * (1 + erf(x / np.float32(np.sqrt(2)))), np.float32)


def _draw(logits: Floats, warmth: float, draws: Floats) -> NDArray[np.int64]:
    """One option of each row, at a temperature; the unlikely ones are left out."""
    chances = np.exp((logits - logits.max(1, keepdims=True)) / warmth)
    chances[chances < _LEAST] = 0
    total = np.cumsum(chances, 1)
    found: NDArray[np.int64] = (total < (draws * total[:, -1])[:, None]).sum(1)
    return np.minimum(found, logits.shape[1] - 1)

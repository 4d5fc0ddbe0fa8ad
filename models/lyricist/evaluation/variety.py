"""How likely held-out books are, and how many different words are written.

Perplexity per token of the text, untuned and tuned, on plain pages (the lines alone) and planned
ones (theme, mood, scheme and lengths given; last words written down before each line and paid for:
see `models.lyricist.train.perplexity`). Distinct-1 and -2 (J. Li and others, NAACL 2016): different
words and pairs of words over all, in stretches of 24 lines, from each maker and from the books.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

from models.composer.evaluation.study import Figure, mean
from models.lyricist.base import load_causal
from models.lyricist.corpus import Stanza, words_of
from models.lyricist.evaluation.study import Study
from models.lyricist.page import Page, plain_page, planned_page
from models.lyricist.train import perplexity

#: Stanzas that are read for the perplexity, and lines in a stretch.
_STANZAS, _STRETCH = 600, 24
_SEED = 0


def likelihood(study: Study) -> list[Figure]:
    """Perplexities on stanzas of the split's books, without those of a training book too."""
    number = min(study.few(_STANZAS), len(study.fresh))
    held = random.Random(_SEED).sample(study.fresh, number)
    study.say(f"perplexity of {number} of {len(study.fresh)} stanzas, four times")
    untuned, tokenizer = load_causal()
    tuned = study.lyricist.model
    pages: dict[str, Callable[[Stanza], Page]] = {"plain": plain_page, "planned": planned_page}
    plain = [plain_page(stanza) for stanza in held]
    out = []
    for kind, page in pages.items():
        target = "<= 34" if kind == "plain" else ""
        before = perplexity(untuned, tokenizer, [page(s) for s in held], plain)
        after = perplexity(tuned, tokenizer, [page(s) for s in held], plain)
        out.append(Figure(f"tuned, {kind} pages", after, "", target, f"{number} stanzas"))
        out.append(Figure(f"untuned, {kind} pages", before))
    return out


def variety(study: Study) -> list[Figure]:
    """Distinct-1 and distinct-2 per 24 lines of every maker, people among them."""
    rng = random.Random(_SEED)
    lines = sum(len(verse.lines) for verse in study.ours)
    fours = [stanza for stanza in study.held if len(stanza.lines) == 4]
    books = rng.sample(fours, min(len(fours), -(-lines // 4)))
    makers = {
        "ours": [line.text for verse in study.ours for line in verse.lines],
        "tuned, unconstrained": [line for text in study.free for line in text.lines],
        "untuned": [line for text in study.untuned for line in text.lines],
        "books, human": [line for stanza in books for line in stanza.lines],
    }
    targets = (">= 0.55", ">= 0.88")
    return [
        Figure(
            f"distinct-{n}, {name}",
            distinct(texts, n),
            "",
            target if name == "ours" else "",
            f"{mean([len(words_of(line)) for line in texts]):.1f} words a line",
        )
        for name, texts in makers.items()
        for n, target in enumerate(targets, 1)
    ]


def distinct(lines: Sequence[str], size: int, stretch: int = _STRETCH) -> float:
    """Different runs of `size` words over all of them, the mean over stretches of lines.

    Runs do not cross the end of a line. A last, shorter stretch is left out.
    """
    starts = range(0, len(lines) - stretch + 1, stretch)
    return mean([_share(lines[start : start + stretch], size) for start in starts])


def _share(lines: Iterable[str], size: int) -> float:
    runs: list[tuple[str, ...]] = []
    for line in lines:
        words = [word.lower() for word in words_of(line)]
        runs += zip(*(words[i:] for i in range(size)), strict=False)
    return len(set(runs)) / max(1, len(runs))

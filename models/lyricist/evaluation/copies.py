"""Whether a line was copied: the longest run of words that stands in the training books too.

In: verses and stanzas. Out: the longest common run of each verse, over its line ends. All stanzas
that the lyricist learned from are indexed by every run of six words; people's own verses, other
books against the same index, say how often six words are anybody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.composer.evaluation.study import Figure, mean
from models.lyricist.corpus import Stanza, words_of
from models.lyricist.evaluation.study import Study

LEAST = 6
_PEOPLE = 1_000


def copies(study: Study) -> list[Figure]:
    """How many verses hold a run of six words or more of the training books."""
    study.say("copied: indexing the training books")
    index = index_of(study.books["train"])
    found = {text.text: longest(text.text, index) for text in study.ours}
    free = [longest(text.text, index) for text in study.free]
    held = [longest(" ".join(s.lines), index) for s in study.held[:_PEOPLE]]
    people = f"other books, human: {mean([n >= LEAST for n in held]):.1%} of stanzas"
    copied = {text: n for text, n in found.items() if n >= LEAST}
    study.tell(
        "copied", [f"{n} words: {text.replace(chr(10), ' / ')}" for text, n in copied.items()]
    )
    return [
        Figure("verses with a run of six words or more", len(copied), "", "0", people),
        Figure("longest run in six or more, 0 for none", max(found.values(), default=0), "words"),
        Figure(
            "tuned, unconstrained: verses with such a run",
            sum(n >= LEAST for n in free), "", "", f"of {len(free)}",
        ),
    ]  # fmt: skip


def index_of(stanzas: Iterable[Stanza]) -> set[int]:
    """The 64-bit hash of every run of six words; two runs share one by chance in 10^13."""
    return {key for stanza in stanzas for key in _keys(_plain(" ".join(stanza.lines)))}


def longest(text: str, index: set[int]) -> int:
    """Words in the longest run whose every six words are indexed; 0 when none are."""
    run = best = 0
    for key in _keys(_plain(text)):
        run = run + 1 if key in index else 0
        best = max(best, run + LEAST - 1 if run else 0)
    return best


def _plain(text: str) -> list[str]:
    return [word.lower() for word in words_of(text)]


def _keys(words: Sequence[str]) -> list[int]:
    return [hash(tuple(words[i : i + LEAST])) for i in range(len(words) - LEAST + 1)]

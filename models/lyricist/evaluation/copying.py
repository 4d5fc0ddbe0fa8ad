"""Whether a line was copied: runs of six words or more that stand in the training books too.

All stanzas that the lyricist learned from are indexed (`copies`); people's verses, other books
against the same index, say how often six words are anybody's.
"""

from __future__ import annotations

from models.composer.evaluation.study import Figure, mean
from models.lyricist.evaluation.copies import LEAST, longest
from models.lyricist.evaluation.study import Study

_PEOPLE = 1_000


def copies(study: Study) -> list[Figure]:
    """How many verses hold a run of six words or more of the training books."""
    index = study.index
    found = {text.text: longest(text.text, index) for text in study.ours}
    free = [longest(text.text, index) for text in study.free]
    held = [longest(" ".join(s.lines), index) for s in study.fresh[:_PEOPLE]]
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

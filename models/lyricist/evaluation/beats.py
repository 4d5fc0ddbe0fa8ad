"""How well words sit on the beat, counted as people's hymns are (`models.lyricist.stress`)."""

from __future__ import annotations

from collections.abc import Iterable

from models.composer.evaluation.study import Figure
from models.lyricist.evaluation.melodies import SOURCES
from models.lyricist.evaluation.study import Study
from models.lyricist.evaluation.verses import Verse
from models.lyricist.pronounce import Pronouncer
from models.lyricist.stress import StressCount, count_hymns, count_line, stresses_of

_MEASURES = (
    ("pairs in a word without violation", "kept", ">= 0.97"),
    ("pairs with the stress on the heavier note", "heavier_share", ">= 0.91"),
    ("words of meaning on strong beats", "content_share", ">= 0.70"),
    ("words of grammar on strong beats", "function_share", "<= 0.30"),
)


def beats(study: Study) -> list[Figure]:
    """The four shares by source, each beside that of the hymnal's people."""
    people = count_hymns(study.hymns, study.pronouncer)
    counts = {
        source: counted((v for v in study.ours if source in (v.source, "all")), study.pronouncer)
        for source in (*SOURCES, "all")
    }
    return [
        Figure(
            f"{name}, {source}",
            getattr(count, field),
            "",
            target,
            f"hymnal, human: {getattr(people, field):.2%}",
        )
        for name, field, target in _MEASURES
        for source, count in counts.items()
        if count != StressCount()
    ]


def counted(verses: Iterable[Verse], pronouncer: Pronouncer) -> StressCount:
    """The count over verses; a word has the stresses of its first reading that fits its notes."""
    total = StressCount()
    for verse in verses:
        for line in verse.lines:
            words = [
                (text.strip(",.!?"), stresses_of(text.strip(",.!?"), len(word), pronouncer))
                for word in line.words
                for text in ["".join(word)]
            ]
            total += count_line(words, line.weights)
    return total

"""Whether last words rhyme as the scheme asks: perfectly, or in the stated slant class.

By the dictionary (`models.lyricist.rhyme`) and again by espeak-ng (`second_counter.rhyme`).
People's share is that of the rhymes which the metre of a hymn promises (see `verses.of_hymn`): the
schemes of the books were read off their rhymes and would always be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.composer.evaluation.study import Figure, mean
from models.lyricist import rhyme, second_counter
from models.lyricist.evaluation.melodies import SOURCES
from models.lyricist.evaluation.study import Study
from models.lyricist.evaluation.verses import Verse
from models.lyricist.pronounce import Pronouncer

Judge = Callable[[str, str], str]


def rhymes(study: Study) -> list[Figure]:
    """Shares of rhyming pairs by source and judge, and of verses whose whole scheme is kept."""
    judges: dict[str, Judge] = {
        "the dictionary": lambda a, b: by_dictionary(study.pronouncer, a, b),
        "espeak-ng": second_counter.rhyme,
    }
    out = []
    for name, judge in judges.items():
        human = kinds(study.sung, judge)
        told = f"hymns, human: {human[0]:.2%} perfect, {human[1]:.2%} with slant"
        asked = ("0.98", "0.90") if name == "the dictionary" else ("", "")
        for source in (*SOURCES, "all"):
            some = [v for v in study.ours if source in (v.source, "all")]
            if not some:
                continue
            perfect, kept = kinds(some, judge)
            out.append(Figure(f"pairs kept by {name}, {source}", kept, "", asked[0], told))
            out.append(Figure(f"pairs perfect by {name}, {source}", perfect, "", asked[1], told))
    whole = [all(judges["the dictionary"](*pair) for pair in v.rhymes) for v in study.ours]
    out.append(Figure("verses with the whole scheme kept", mean(whole)))
    for name, judge in judges.items():
        lost = [f"{a} / {b}" for v in study.ours for a, b in v.rhymes if not judge(a, b)]
        study.tell(f"no rhyme by {name}", lost)
    return out


def by_dictionary(pronouncer: Pronouncer, one: str, other: str) -> str:
    """How two words rhyme in any of their readings: "perfect", "slant" or ""."""
    if one == other:
        return ""
    pairs = [(a, b) for a in pronouncer.readings(one) for b in pronouncer.readings(other)]
    if any(rhyme.perfect(a, b) for a, b in pairs):
        return "perfect"
    return "slant" if any(rhyme.slant(a, b) for a, b in pairs) else ""


def kinds(verses: Sequence[Verse], judge: Judge) -> tuple[float, float]:
    """The share of pairs that rhyme perfectly, and that rhyme perfectly or aslant."""
    found = [judge(*pair) for verse in verses for pair in verse.rhymes]
    return mean([kind == "perfect" for kind in found]), mean([bool(kind) for kind in found])

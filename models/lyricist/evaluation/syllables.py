"""Lines whose sung syllables are the notes: by the dictionary, by another voice, on the melody.

The decoder counts with CMUdict; espeak-ng (`second_counter`) counts again with rules of its own.
People's hymns, counted by both, say how far each counter can be trusted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from models.composer.evaluation.study import Figure, mean
from models.lyricist.asks import WrittenLine
from models.lyricist.evaluation.melodies import SOURCES, Case
from models.lyricist.evaluation.study import Study
from models.lyricist.evaluation.verses import SungLine, Verse
from models.lyricist.placing import place_line
from models.lyricist.second_counter import said


def syllables(study: Study) -> list[Figure]:
    """Shares of lines and words with the right number of syllables, by source."""
    ours, people = study.ours, study.sung
    counts = study.pronouncer.line_counts

    def exact(line: SungLine) -> bool:
        return counts(line.text) == {line.notes}

    def possible(line: SungLine) -> bool:
        return line.notes in counts(line.text)

    human = f"hymns, human: {lines_share(people, possible):.2%} possible"
    out = [
        Figure(f"lines exact by the dictionary, {source}", share, "", "1", human)
        for source, share in by_source(ours, exact)
    ]
    human = (
        f"human: {lines_share(people, by_voice):.2%} of lines, {words_share(people):.2%} of words"
    )
    out += [
        Figure(f"lines exact by the second counter, {source}", share, "", "", human)
        for source, share in by_source(ours, by_voice)
    ]
    out.append(Figure("words counted alike by both", words_share(ours), "", "", human))
    out.append(Figure("words that the second counter says in two ways", either(ours)))
    placed = [on_notes(v, c) for v, c in zip(ours, study.cases, strict=True)]
    out.append(Figure("verses that lie on their notes", mean(placed), "", "1"))
    lengths = [
        len(case.stanza.lines[i].weights) in counts(line)
        for case, text in zip(study.cases, study.free, strict=True)
        for i, line in enumerate(text.lines)
    ]
    out.append(Figure("tuned, unconstrained: lines exact", mean(lengths)))
    study.tell("counted otherwise by espeak-ng", differences(ours))
    return out


def by_source(verses: Sequence[Verse], good: Callable[[SungLine], bool]) -> list[tuple[str, float]]:
    """The share of good lines of each source that there is, then of all."""
    rows = [(s, [v for v in verses if v.source == s]) for s in SOURCES]
    return [(name, lines_share(some, good)) for name, some in [*rows, ("all", verses)] if some]


def lines_share(verses: Sequence[Verse], good: Callable[[SungLine], bool]) -> float:
    """The share of lines that are good."""
    return mean([good(line) for verse in verses for line in verse.lines])


def by_voice(line: SungLine) -> bool:
    """Whether the second counter may sing every word of a line on its notes."""
    fits = all(said(word).may_have(count) for word, count in line.sung)
    return fits and sum(len(word) for word in line.words) == line.notes


def words_share(verses: Sequence[Verse]) -> float:
    """The share of words that the second counter may sing on their notes."""
    sung = [pair for verse in verses for line in verse.lines for pair in line.sung]
    return mean([said(word).may_have(count) for word, count in sung])


def either(verses: Sequence[Verse]) -> float:
    """The share of words of which the second counter allows more than one count."""
    words = [word for verse in verses for line in verse.lines for word, _ in line.sung]
    return mean([said(word).least < said(word).most for word in words])


def on_notes(verse: Verse, case: Case) -> bool:
    """Whether every syllable finds its note, none left over."""
    try:
        for line, slots in zip(verse.lines, case.grid.lines, strict=True):
            place_line(WrittenLine(line.text, line.words), slots, case.grid.section)
    except ValueError:
        return False
    return True


def differences(verses: Sequence[Verse]) -> list[str]:
    """Words that the two counters count differently, with both counts and how often."""
    sung = (pair for verse in verses for line in verse.lines for pair in line.sung)
    found = Counter(
        f"{word.lower()} {count} (espeak-ng {said(word).least}-{said(word).most})"
        for word, count in sung
        if not said(word).may_have(count)
    )
    return [f"{text} x{count}" for text, count in found.most_common()]

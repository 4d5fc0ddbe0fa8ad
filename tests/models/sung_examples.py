"""Words by hand on the melody of a score, for the tests of what carries words."""

from __future__ import annotations

from collections.abc import Sequence

from hand_plans import make_melody, make_plan

from models.lyrics import Language, Line, Lyrics, Sung
from models.planner.plan import Plan
from models.score import Note, Score, Tempo, Track
from models.words_on_score import line_text

EN = (("The",), ("lan", "tern"), ("burns",), ("be", "yond"), ("ev", "er", "y"), ("riv", "er,"))
ZH = tuple((c,) for c in ("床", "前", "明", "月", "光，", "疑", "是", "地", "上", "霜。"))
_LINE = 7  # syllables


def piece(**changes: object) -> tuple[Plan, Score]:
    """A plan with a verse and a chorus, and its melody over a bass, both on the grid."""
    form = (("intro", "I", 2), ("verse", "A", 8), ("chorus", "B", 8))
    plan = make_plan(**{"form": form, **changes})  # type: ignore[arg-type]
    tune = make_melody(plan, seed=3)
    bass = tuple(Note(c.onset, 40, c.duration) for c in plan.chords)
    tracks = (Track("Bass guitar", "bass", 33, bass), Track("Flute", "melody", 73, tune))
    sections = tuple(s.section for s in plan.sections)
    tempos = (Tempo(0.0, plan.bpm), Tempo(plan.bars * 2.0, plan.bpm * 0.9))
    return plan, Score(
        plan.title, plan.key, plan.meter, tempos, plan.bars, tracks, plan.chords, sections
    )


def words(score: Score, language: Language = "en") -> Lyrics:
    """Lines of seven syllables from the verse on, the last held over up to three notes."""
    melody = score.track("melody")
    assert melody is not None
    bar = score.meter.bar_beats
    lines = []
    for index, section in enumerate(score.sections[1:], 1):
        stop = (section.start_bar + section.bars) * bar
        inside = [n for n in melody.notes if section.start_bar * bar <= n.onset < stop]
        while len(inside) > 2 * _LINE:
            groups = [[inside.pop(0)] for _ in range(_LINE)]
            lines.append(_line(groups, inside, index, language, len(lines)))
    return Lyrics("Lantern River", language, tuple(lines), by="Ann")


def _line(
    groups: list[list[Note]], rest: list[Note], section: int, language: Language, number: int
) -> Line:
    groups[-1].extend(_touching(groups[-1], rest))
    bank = ZH if language == "zh" else EN
    rows: list[tuple[str, bool]] = []
    while len(rows) < _LINE:
        word = bank[(number + len(rows)) % len(bank)]
        rows.extend((text, i + 1 < len(word)) for i, text in enumerate(word))
    rows = [*rows[: _LINE - 1], (rows[_LINE - 1][0], False)]
    sung = tuple(
        Sung(text, group[0].onset, group[-1].end, len(group), joined)
        for (text, joined), group in zip(rows, groups, strict=True)
    )
    return Line(line_text(sung, language), section, sung)


def _touching(group: Sequence[Note], rest: list[Note]) -> list[Note]:
    """The notes that go on without a rest: nothing else is sung on them."""
    found: list[Note] = []
    last = group[-1]
    while rest and abs(rest[0].onset - last.end) < 1e-6 and len(found) < 2:
        last = rest.pop(0)
        found.append(last)
    return found


def syllables(lyrics: Lyrics) -> list[tuple[str, float, bool]]:
    """What is sung where, and whether its word goes on."""
    return [(s.text, s.onset, s.joined) for line in lyrics.lines for s in line.sung]

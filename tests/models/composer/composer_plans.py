"""Plans for the composer's tests: chords by label, one line a section."""

from __future__ import annotations

from models.planner.plan import Part, Plan, PlanSection
from models.score import Meter, PlacedChord, Section
from models.theory import Chord, Key

CHORDS = {"A": "C | Am | F | G | C | Am | Dm G | C", "B": "F | G | Em | Am | F | Dm | G7 | C"}


def plan(
    form: str = "AABA",
    chords: dict[str, str] | None = None,
    key: str = "C major",
    meter: str = "4/4",
    bars: int = 8,
    low: int = 60,
    high: int = 88,
    silent: tuple[int, ...] = (),
    loop: bool = False,
    grade: int | None = None,
    density: float = 0.5,
    bpm: float = 110,
) -> Plan:
    """A plan whose sections are the letters of `form`, each of `bars` bars."""
    signature = Meter.parse(meter)
    sections, placed = [], []
    for i, label in enumerate(form):
        roles = () if i in silent else ("melody",)
        section = Section(label, label, i * bars, bars)
        sections.append(PlanSection(section, density, 0.6, 0.0, 0.0, roles))
        lines = [bar.split() for bar in (chords or CHORDS)[label].split("|")]
        for b in range(bars):
            symbols = lines[b % len(lines)]
            length = signature.bar_beats / len(symbols)
            for j, symbol in enumerate(symbols):
                onset = (i * bars + b) * signature.bar_beats + j * length
                placed.append(PlacedChord(onset, length, Chord.parse(symbol)))
    part = Part("melody", "flute", "Flute", 73, low, high)
    return Plan(
        title="t", style="pop", purpose="song", key=Key.parse(key), meter=signature, bpm=bpm,
        bars=bars * len(form), seconds=None, sections=tuple(sections), chords=tuple(placed),
        parts=(part,), swing=0.5, loop=loop, grade=grade, seed=1,
    )  # fmt: skip

"""Plans written by hand, and melodies for them, for the tests of what comes after planning."""

from __future__ import annotations

from random import Random

from models.planner.plan import Part, Plan, PlanSection
from models.score import Meter, Note, PlacedChord, Role, Section, sorted_notes
from models.theory import Chord, Key
from models.vocabulary import load

BAND: tuple[tuple[Role, str, int, int, int], ...] = (
    ("melody", "Flute", 73, 60, 96),
    ("counter", "Violin", 40, 55, 79),
    ("chords", "Piano", 0, 48, 76),
    ("pad", "Strings", 48, 48, 79),
    ("bass", "Bass guitar", 33, 28, 50),
)
ALL_ROLES: tuple[Role, ...] = ("melody", "counter", "chords", "pad", "bass", "drums")
PROGRESSIONS = {
    "major": ("C", "Am7", "Dm7", "G7", "Em", "F", "Bdim", "C"),
    "minor": ("Am", "F", "C", "G", "Dm7", "Bm7b5", "E7", "Am"),
}


def make_plan(
    style: str = "pop",
    meter: str = "4/4",
    key: str = "C major",
    roles: tuple[Role, ...] = ALL_ROLES,
    form: tuple[tuple[str, str, int], ...] = (
        ("intro", "I", 2),
        ("verse", "A", 4),
        ("outro", "O", 2),
    ),
    **changes: object,
) -> Plan:
    """A plan with one chord a bar (two in every fourth), its last chord the tonic."""
    signature = Meter.parse(meter)
    tonic = Key.parse(key)
    home = Key("A" if tonic.is_minor else "C", "minor" if tonic.is_minor else "major")
    shift = tonic.tonic_pc - home.tonic_pc
    names = PROGRESSIONS[home.mode]
    bars = sum(n for _, _, n in form)
    bar = signature.bar_beats
    chords = []
    for i in range(bars):
        chord = Chord.parse(names[0] if i == bars - 1 else names[i % len(names)])
        halves = 2 if i % 4 == 3 and i < bars - 1 and bar % 2 == 0 else 1
        for half in range(halves):
            following = chord if half == 0 else Chord.parse(names[(i + 3) % len(names)])
            chords.append(
                PlacedChord(
                    i * bar + half * bar / 2, bar / halves, following.transposed(shift, tonic)
                )
            )
    sections, start = [], 0
    for n, (name, label, length) in enumerate(form):
        level = 0.4 + 0.4 * n / max(1, len(form) - 1)
        section = Section(name, label, start, length)
        plays = tuple(r for r in roles if not (name == "intro" and r == "counter"))
        sections.append(PlanSection(section, level, level, 0.2, 0.2, plays))
        start += length
    parts = [Part(r, n.lower(), n, p, lo, hi) for r, n, p, lo, hi in BAND if r in roles]
    if "drums" in roles:
        parts.append(Part("drums", "room", "Drums", 8, 35, 81, is_drum=True))
    values: dict[str, object] = dict(
        title="By hand", style=style, purpose="song", key=tonic, meter=signature, bpm=112.0,
        bars=bars, seconds=None, sections=tuple(sections), chords=tuple(chords),
        parts=tuple(parts), swing=load().styles[style].swing, loop=False, grade=None, seed=7,
    )  # fmt: skip
    return Plan(**(values | changes))  # type: ignore[arg-type]


def make_melody(plan: Plan, seed: int = 1) -> tuple[Note, ...]:
    """A line of chord tones and scale steps in quarters and eighths inside the melody's range."""
    part = plan.part("melody")
    if part is None:
        return ()
    rng = Random(seed)
    low, high = part.low, part.high
    pitch = (low + high) // 2
    found = []
    for placed in plan.chords:
        at, end = placed.onset, placed.onset + placed.duration
        if "melody" not in plan.section_at(int(at // plan.meter.bar_beats)).roles:
            continue
        while at < end:
            allowed = placed.chord.pcs if at % 1 == 0 else plan.key.scale
            near = [p for p in range(low, high + 1) if p % 12 in allowed and abs(p - pitch) <= 5]
            pitch = rng.choice(near or [p for p in range(low, high + 1) if p % 12 in allowed])
            length = min(rng.choice((0.5, 0.5, 1.0, 1.0, 1.5)), end - at)
            if rng.random() < 0.85:
                found.append(Note(at, pitch, length, 80))
            at += length
    return sorted_notes(found)

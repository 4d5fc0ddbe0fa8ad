"""Held-out tunes with their chords, and plans that dress each in a style of every family.

In: lead sheets of the test split, and bands that people played on test tunes. Out: `Tune`s, and
`Case`s: a `Plan` with the melody that every maker is given, so that all of them write the same
parts over the same chords, sections and tempo. Which style of a family a tune gets goes round with
the tunes. A family that has no style in a tune's meter is left out for that tune; tunes in 2/4 are
read in 4/4 (two bars as one) where a family knows no 2/4.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from models import vocabulary
from models.arranger.band import ROLE_OF, Band
from models.arranger.corpora.grid import window
from models.composer.sheets import METERS, STEPS_PER_BEAT, LeadSheet
from models.composer.source_form import sections_of
from models.planner import form
from models.planner.orchestration import orchestrate, register
from models.planner.plan import Part, Plan, PlanSection
from models.score import Meter, Note, PlacedChord, Role, Section
from models.theory import QUALITY_CLASSES, Chord, Key, name_at_fifths
from models.vocabulary import Style

BARS, FEWEST = 32, 16
#: The keys that tunes without one of their own are read in, by turns: tonics on the line of fifths.
_TONICS = (0, 1, 2, -1, -2, 3, -3)
#: What the first, the second and the third theme of a tune are called.
_NAMES = ("verse", "chorus", "bridge")
#: How a quality class is written as a chord symbol.
_SYMBOLS = {"maj": "", "min": "m", "sus": "sus4", "dom7": "7", "min7": "m7", "hdim7": "m7b5"}
#: What people's instruments are taken to be when their part is asked of a maker.
_PLAYERS: dict[Role, str] = {
    "bass": "bass_guitar", "chords": "piano", "pad": "strings", "counter": "flute",
}  # fmt: skip
#: The manner of a corpus, for makers that must be told a style.
STYLE_OF = {"pop909": "mandopop", "game": "game_adventure", "jjswing": "swing"}


@dataclass(frozen=True)
class Tune:
    """A melody over chords, 16 to 32 bars; `human` is what people played with it, if known.

    Times in beats. Sections tile the bars; those that return share a label.
    """

    id: str
    source: str
    key: Key
    meter: Meter
    bars: int
    melody: tuple[Note, ...]
    chords: tuple[PlacedChord, ...]
    sections: tuple[Section, ...]
    human: Band | None = None


@dataclass(frozen=True)
class Case:
    """A tune in a style: what a maker is given. `family` is what a classifier should say."""

    tune: str
    family: str
    plan: Plan
    melody: tuple[Note, ...]

    @property
    def id(self) -> str:
        """Tune and style."""
        return f"{self.tune}@{self.plan.style}"


def families() -> dict[str, tuple[Style, ...]]:
    """The style families in the order of the vocabulary."""
    found: dict[str, list[Style]] = defaultdict(list)
    for style in vocabulary.load().styles:
        found[style.family].append(style)
    return {name: tuple(members) for name, members in found.items()}


def of_sheet(sheet: LeadSheet, number: int) -> Tune | None:
    """The first bars of a lead sheet in a key by turns; None when it is too short or bare."""
    first = min((on for on, _, _ in sheet.notes), default=0) // sheet.bar_steps
    bars = min(BARS, sheet.bars - first)
    begin, end = first * sheet.bar_steps, (first + bars) * sheet.bar_steps
    chords = [(max(on, begin) - begin, *c) for on, *c in sheet.chords if on < end]
    last = max((i for i, (on, *_) in enumerate(chords) if on == 0), default=-1)
    if last < 0 or bars < FEWEST:
        return None
    key = Key(name_at_fifths(_TONICS[number % len(_TONICS)] + 3 * sheet.minor), "major")
    key = Key(key.tonic, "minor" if sheet.minor else "major")
    up = (key.tonic_pc + 5) % 12 - 5  # the nearest way from C
    notes = tuple(
        Note(
            (on - begin) / STEPS_PER_BEAT,
            pitch + up,
            (min(on + length, end) - on) / STEPS_PER_BEAT,
            88,
        )
        for on, length, pitch in sheet.notes
        if on < end
    )
    rows = [(on, (root + key.tonic_pc) % 12, quality, -1) for on, root, quality in chords[last:]]
    made = _tune(sheet.id, sheet.source, key, sheet.meter, bars, notes, rows, None)
    # MMA plays 2/4 in pairs of bars: where a section has an odd number it cannot be asked.
    pairs = made is None or all(s.bars % 2 == 0 and s.start_bar % 2 == 0 for s in made.sections)
    return made if pairs or sheet.meter != "2/4" else None


def of_band(band: Band) -> Tune | None:
    """Some bars of a human band, from the melody's first bar on, with what was played to them."""
    if not len(band.melody) or not len(band.chords) or band.meter not in METERS:
        return None
    first = int(band.melody[:, 0].min()) // band.bar_steps
    part = window(band, first, min(BARS, band.bars - first))
    if part.bars < FEWEST or not len(part.chords) or part.chords[0, 0] >= band.bar_steps:
        return None
    if len(part.melody) < part.bars or not len(part.notes):
        return None
    fifths = min((f for f in range(-6, 7) if (7 * f) % 12 == part.tonic), key=abs)
    key = Key(name_at_fifths(fifths), "minor" if part.minor else "major")
    notes = tuple(
        Note(on / STEPS_PER_BEAT, pitch, length / STEPS_PER_BEAT, 88)
        for on, length, pitch in part.melody.tolist()
    )
    rows = [tuple(row) for row in part.chords.tolist()]
    rows[0] = (0, *rows[0][1:])
    return _tune(band.id, band.source, key, band.meter, part.bars, notes, rows, part)


def _tune(
    name: str,
    source: str,
    key: Key,
    meter: str,
    bars: int,
    notes: tuple[Note, ...],
    chords: Sequence[tuple[int, ...]],
    human: Band | None,
) -> Tune | None:
    if len(notes) < bars:
        return None
    signature = Meter.parse(meter)
    placed = []
    ends = [*(row[0] for row in chords[1:]), round(bars * signature.bar_beats * STEPS_PER_BEAT)]
    for (onset, root, quality, bass), end in zip(chords, ends, strict=True):
        name_ = QUALITY_CLASSES[quality]
        slash = key.spell(bass) if bass >= 0 and bass != root else None
        chord = Chord(key.spell(root), _SYMBOLS.get(name_, name_), slash)
        if end > onset:
            placed.append(
                PlacedChord(onset / STEPS_PER_BEAT, (end - onset) / STEPS_PER_BEAT, chord)
            )
    sections = named(sections_of(notes, key, signature, bars))
    return Tune(name, source, key, signature, bars, notes, tuple(placed), sections, human)


def named(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Themes as verse, chorus and bridge in the order in which they are first heard."""
    order = list(dict.fromkeys(s.label for s in sections if s.name == "theme"))
    names = {label: _NAMES[min(i, 2)] for i, label in enumerate(order)}
    return tuple(replace(s, name=names.get(s.label, s.name)) for s in sections)


def chosen(sheets: Sequence[LeadSheet], people: Sequence[Tune], number: int) -> list[Tune]:
    """So many tunes: five in a meter of two or four to one in three, sources by turns.

    Those that people have accompanied come first within their source.
    """
    played = {t.id.partition("#")[0].partition("@")[0]: t for t in people}
    by_source: dict[str, list[Tune]] = defaultdict(list)
    for tune in played.values():
        by_source[tune.source].append(tune)
    for i, sheet in enumerate(sheets):
        if sheet.id.partition("#")[0] in played:
            continue
        read = of_sheet(sheet, i)
        if read is not None:
            by_source[read.source].append(read)
    triple, duple = (
        _turns(
            {
                k: [t for t in v if (t.meter.numerator % 3 == 0) == three]
                for k, v in by_source.items()
            }
        )
        for three in (True, False)
    )
    out: list[Tune] = []
    while len(out) < number and (duple or triple):
        from_ = triple if triple and (len(out) % 6 == 5 or not duple) else duple
        out.append(from_.pop(0))
    return out


def _turns(groups: Mapping[str, list[Tune]]) -> list[Tune]:
    """Members of groups by turns."""
    out = []
    for depth in range(max(map(len, groups.values()), default=0)):
        out += [members[depth] for members in groups.values() if depth < len(members)]
    return out


def grid(tunes: Sequence[Tune]) -> list[Case]:
    """Every tune in one style of each family that can play it."""
    found = []
    for number, tune in enumerate(tunes):
        for styles in families().values():
            read, able = tune, [s for s in styles if str(tune.meter) in s.meters]
            if not able and str(tune.meter) == "2/4":
                read, able = in_four(tune), [s for s in styles if "4/4" in s.meters]
            if able:
                found.append(dressed(read, able[number % len(able)]))
    return found


def in_four(tune: Tune) -> Tune:
    """A tune in 2/4 read in 4/4; an odd last bar is left out."""
    bars = tune.bars // 2
    end = bars * 4.0
    meter = Meter(4, 4)
    notes = tuple(
        replace(n, duration=min(n.duration, end - n.onset)) for n in tune.melody if n.onset < end
    )
    chords = tuple(
        replace(c, duration=min(c.duration, end - c.onset)) for c in tune.chords if c.onset < end
    )
    sections = named(sections_of(notes, tune.key, meter, bars))
    return replace(
        tune, meter=meter, bars=bars, melody=notes, chords=chords, sections=sections, human=None
    )


def dressed(tune: Tune, style: Style) -> Case:
    """A tune as a plan in a style, with the players that the planner would call."""
    words = vocabulary.load()
    mood = 0.1
    rng = Random(f"{tune.id}/{style.id}")
    parts = orchestrate(style, (), (), mood, None, words, rng)
    plan = _plan(tune, style, parts, mood, style.tempo[1])
    return Case(tune.id, style.family, plan, _moved(tune.melody, parts[0]))


def like_people(tune: Tune) -> Case | None:
    """The tune of a human band as a plan for just the parts that the people played."""
    band = tune.human
    if band is None:
        return None
    words = vocabulary.load()
    style = words.styles[band.style or STYLE_OF.get(band.source, "pop")]
    lead = words.instruments["flute"]
    low, high = register("melody", lead)
    pitches = [n.pitch for n in tune.melody]
    parts = [
        Part("melody", lead.id, lead.name(), lead.program, min(low, *pitches), max(high, *pitches))
    ]
    for slot in band.slots():
        role = ROLE_OF[slot]
        if role == "drums":
            kit = words.kits[style.kit or "standard"]
            parts.append(Part(role, kit.id, kit.name(), kit.program, 35, 81, is_drum=True))
            continue
        player = words.instruments[_PLAYERS[role]]
        low, high = register(role, player)
        if slot == "chords2":
            low, high = low - 12, high - 12
        parts.append(Part(role, player.id, f"{player.name()} ({slot})", player.program, low, high))
    plan = _plan(tune, style, tuple(parts), 0.1, band.bpm)
    # People were asked for nothing: whoever plays may play everywhere.
    roles = tuple(dict.fromkeys(p.role for p in parts))
    plan = replace(plan, sections=tuple(replace(s, roles=roles) for s in plan.sections))
    return Case(tune.id, style.family, plan, tune.melody)


def _plan(tune: Tune, style: Style, parts: tuple[Part, ...], arousal: float, bpm: float) -> Plan:
    roles = tuple(dict.fromkeys(p.role for p in parts))
    shaped = form.shape(tune.sections, roles, ((0.0, arousal),), style.density, 1.0)
    return Plan(
        title=tune.id,
        style=style.id,
        purpose="song",
        key=tune.key,
        meter=tune.meter,
        bpm=bpm,
        bars=tune.bars,
        seconds=None,
        sections=tuple(_sung(s) for s in shaped),
        chords=tune.chords,
        parts=parts,
        swing=0.5 if tune.meter.is_compound else style.swing,
        loop=False,
        grade=None,
        seed=zlib.crc32(f"{tune.id}@{style.id}".encode()),
    )


def _sung(planned: PlanSection) -> PlanSection:
    others = tuple(r for r in planned.roles if r != "melody")
    return replace(planned, roles=("melody", *others))


def _moved(melody: Sequence[Note], part: Part) -> tuple[Note, ...]:
    """The melody by octaves as one to where most of it lies within its part's range."""

    def outside(up: int) -> int:
        return sum(not part.low <= n.pitch + up <= part.high for n in melody)

    up = min((12 * k for k in range(-3, 4)), key=lambda k: (outside(k), abs(k)))
    return tuple(replace(n, pitch=n.pitch + up) for n in melody)

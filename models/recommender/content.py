"""What music is like, as numbers: pieces, progressions and loops in one space.

In: a plan and its facts as `piece.json` holds them, a progression, or a groove. Out: `SIZE`
features of 0..1 (`NAMES` says what each is), and how alike they are. Pitch is relative to the
tonic, so that a piece is as near to its own transposition as can be. Harmony is described as in
corpus studies: shares of chord roots and of the steps between them (De Clercq and Temperley,
Popular Music 30, 2011). Likeness is a weighted mean over groups of features, so that no group
counts for more because it has more numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import vocabulary
from models.arranger import patterns
from models.planner.brief import Brief
from models.planner.choices import curve
from models.score import Meter
from models.theory import MODES, QUALITY_CLASSES, Chord, Key
from models.vocabulary import Style

_METERS = ("4/4", "3/4", "6/8", "2/4")
_FAMILIES = (
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass",
    "reed", "pipe", "synth lead", "synth pad", "synth effects", "ethnic", "percussive", "drums",
)  # fmt: skip
_CADENCES = ("authentic", "plagal", "half", "deceptive", "modal", "other")
_SLOWEST, _FASTEST = 30.0, 300.0  # quarter notes per minute, 0 and 1 of the tempo feature
_LACKING = 0.4  # likeness in a group that only one side has
#: A drum of the kit counts as low or as a backbeat; the rest is cymbals and small percussion.
_LOW = frozenset({"kick", "conga_low", "tom_low"})
_BACK = frozenset({"snare", "clap", "rim", "brush"})
_PLACES = 8  # of a bar that drums are counted at


@dataclass(frozen=True, slots=True)
class _Group:
    """Some features side by side: their names, what they weigh, and how they are compared.

    `reach` is the distance at which scalars are quite unlike; 0 compares shapes by their cosine.
    """

    name: str
    features: tuple[str, ...]
    weight: float
    reach: float = 0.0


_GROUPS = (
    # where the tempo lies between 30 and 300 bpm, by octaves
    _Group("tempo", ("tempo",), 1.2, 0.12),
    _Group("meter", tuple(f"meter {m}" for m in _METERS), 0.6),
    _Group("swing", ("swing",), 0.5, 0.5),  # 0 straight, 1 dotted
    # notes and loudness over the piece, and how far apart its sections are in each
    _Group("shape", ("density", "dynamics", "density range", "dynamics range"), 0.8, 0.3),
    _Group("mood", ("valence", "arousal"), 1.2, 0.25),  # 0.5 is neutral
    _Group("mode", tuple(f"mode {m}" for m in MODES), 0.5),
    # share of time on each chord root above the tonic and on each kind of chord
    _Group("roots", tuple(f"root {i}" for i in range(12)), 1.0),
    _Group("qualities", tuple(f"chord {q}" for q in QUALITY_CLASSES), 1.2),
    # share of chord changes that move the root up by so many semitones
    _Group("motion", tuple(f"motion {i}" for i in range(1, 12)), 0.8),
    # chords a bar (1 at four), different chords (1 at eight), share of chord tones in the key
    _Group("harmony", ("harmonic rhythm", "variety", "diatonic"), 0.7, 0.3),
    _Group("cadences", tuple(f"cadence {c}" for c in _CADENCES), 0.4),
    _Group("colour", tuple(f"family {f}" for f in _FAMILIES), 1.4),
    # hits in eight places of a bar, below and in the backbeat drums, and cymbals as a whole
    _Group(
        "groove",
        (
            *(f"low {i}" for i in range(_PLACES)),
            *(f"back {i}" for i in range(_PLACES)),
            "cymbals",
        ),
        1.0,
    ),
    # sections (1 at twelve), different sections (1 at six), share heard before, goes round
    _Group("form", ("sections", "kinds of section", "repeats", "loop"), 0.4, 0.4),
)
#: What each feature is, in order.
NAMES = tuple(name for group in _GROUPS for name in group.features)
SIZE = len(NAMES)


@dataclass(frozen=True, slots=True)
class _Sketch:
    """What features are read from; empty or None where a thing has no such side."""

    key: Key
    meter: Meter
    tempo: float
    swing: float
    mood: tuple[float, float]
    beat: str
    families: Mapping[str, float]
    densities: Sequence[float] = ()
    dynamics: Sequence[float] = ()
    chords: Sequence[tuple[Chord, float, float]] = ()  # with onset and duration in beats
    ends: Sequence[float] = ()  # beats at which a section ends
    labels: Sequence[str] = ()
    loop: bool = False


def features_of_plan(plan: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[float, ...]:
    """A piece's features from `piece.json`: its `plan`, and `facts` where they are newer.

    Raises
    ------
    KeyError, ValueError
        When that is no plan.
    """
    meter = Meter(plan["meter"]["numerator"], plan["meter"]["denominator"])
    sections = plan["sections"]
    bars = [s["section"]["bars"] for s in sections]
    words = vocabulary.load()
    style = words.styles[plan["style"]] if plan["style"] in words.styles else Style("", "style", {})
    players = facts.get("instruments") or [p["instrument"] for p in plan["parts"]]
    drums = any(p["is_drum"] for p in plan["parts"])
    key = Key(plan["key"]["tonic"], plan["key"]["mode"])
    sketch = _Sketch(
        key=key,
        meter=meter,
        tempo=float(facts.get("tempo") or plan["bpm"]),
        swing=plan["swing"],
        mood=(
            float(np.average([s["valence"] for s in sections], weights=bars)),
            float(np.average([s["arousal"] for s in sections], weights=bars)),
        ),
        beat=style.beat if drums else "",
        families=_families(players),
        densities=[s["density"] for s in sections],
        dynamics=[s["dynamics"] for s in sections],
        chords=[
            (Chord(**c["chord"]), float(c["onset"]), float(c["duration"])) for c in plan["chords"]
        ],
        ends=[
            (s["section"]["start_bar"] + s["section"]["bars"]) * meter.bar_beats for s in sections
        ],
        labels=[s["section"]["label"] for s in sections],
        loop=bool(plan["loop"]),
    )
    return _vector(sketch)


def features_of_progression(
    bars: Sequence[Sequence[str]],
    key: str,
    style: str,
    mood: tuple[float, float] | None = None,
    tempo: float | None = None,
    meter: str = "4/4",
) -> tuple[float, ...]:
    """A progression's features, as it sounds in a style.

    Parameters
    ----------
    bars : sequence of sequences of str
        Chord symbols bar by bar.
    key : str
        As `Key.parse` reads it.
    style : str
        A vocabulary id: what is not said is this style's.
    mood : (valence, arousal) or None
        Each -1..1.
    tempo : float or None
        Quarter notes per minute.
    meter : str
        Such as "3/4".
    """
    size = Meter.parse(meter).bar_beats
    placed = [
        (Chord.parse(symbol), (b + i / len(bar)) * size, size / len(bar))
        for b, bar in enumerate(bars)
        for i, symbol in enumerate(bar)
    ]
    return _material(style, tempo, meter, mood, "", key, placed, len(bars) * size)


def features_of_loop(
    style: str,
    tempo: float,
    beat: str,
    mood: tuple[float, float] | None = None,
    meter: str = "4/4",
) -> tuple[float, ...]:
    """A groove's features: a beat of `beats.toml` at a tempo, in a style's colours; no chords."""
    return _material(style, tempo, meter, mood, beat, "", (), 0.0)


def _material(
    style_id: str,
    tempo: float | None,
    meter: str,
    mood: tuple[float, float] | None,
    beat: str,
    key: str,
    placed: Sequence[tuple[Chord, float, float]],
    end: float,
) -> tuple[float, ...]:
    style = vocabulary.load().styles[style_id]
    felt = mood or curve(Brief(), ((0.0, 0.0),), style)[0]
    first = [names[0] for names in (style.melody, style.chords, style.pad, style.bass) if names]
    players = [*first, style.kit or ("standard" if beat else "")]
    sketch = _Sketch(
        key=Key.parse(key or "C"),
        meter=Meter.parse(meter),
        tempo=tempo or style.tempo[1],
        swing=style.swing,
        mood=felt,
        beat=beat or (style.beat if style.kit else ""),
        families=_families([p for p in players if p]),
        densities=(style.density,),
        dynamics=(0.52 + 0.48 * felt[1],),
        chords=placed,
        ends=(end,) if placed else (),
        labels=("A",),
        loop=True,
    )
    return _vector(sketch)


def tempo_of(features: Sequence[float]) -> float:
    """The tempo that features tell, in quarter notes per minute."""
    return float(_SLOWEST * (_FASTEST / _SLOWEST) ** features[NAMES.index("tempo")])


def density_of(features: Sequence[float]) -> float:
    """The density (0..1) that features tell."""
    return float(features[NAMES.index("density")])


def similarity(features: NDArray[np.floating], query: Sequence[float]) -> NDArray[np.float64]:
    """How alike things are.

    Parameters
    ----------
    features : (N, SIZE)
        As the functions above give them.
    query : (SIZE,)
        Likewise.

    Returns
    -------
    (N,)
        0..1, 1 for the same. A group that both sides lack (two grooves have no chords) does not
        count; one that only one side has counts as rather unlike.
    """
    rows = np.asarray(features, dtype=np.float64).reshape(-1, SIZE)
    wanted = np.asarray(query, dtype=np.float64)
    total, weights = np.zeros(len(rows)), np.zeros(len(rows))
    at = 0
    for group in _GROUPS:
        own = slice(at, at + len(group.features))
        at = own.stop
        a, b = rows[:, own], wanted[own]
        if group.reach:
            near = np.exp(-((a - b) ** 2).mean(axis=1) / group.reach**2)
        else:
            sizes = np.linalg.norm(a, axis=1) * np.linalg.norm(b)
            near = np.divide(a @ b, sizes, out=np.zeros(len(rows)), where=sizes > 0)
        here, there = _known(group, a), _known(group, b[None, :])[0]
        near = np.where(here & there, near, _LACKING)
        weight = group.weight * (here | there)
        total += weight * near
        weights += weight
    return np.minimum(1.0, total / weights)


def _known(group: _Group, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Rows that have anything to say in a group; scalars other than harmony always do."""
    if group.reach and group.name != "harmony":
        return np.ones(len(values), dtype=np.bool_)
    return np.asarray(values.any(axis=1), dtype=np.bool_)


# --- one function per group ----------------------------------------------------------------------


def _vector(s: _Sketch) -> tuple[float, ...]:
    tempo = math.log(s.tempo / _SLOWEST) / math.log(_FASTEST / _SLOWEST)
    values = [
        tempo,
        *(float(str(s.meter) == m) for m in _METERS),
        (s.swing - 0.5) / 0.25,
        *_shape(s),
        *((side + 1) / 2 for side in s.mood),
        *(float(s.key.mode == m and bool(s.chords)) for m in MODES),
        *_roots(s),
        *_qualities(s),
        *_motion(s),
        *_harmony(s),
        *_cadences(s),
        *(s.families.get(f, 0.0) for f in _FAMILIES),
        *_groove(s),
        *_form(s),
    ]
    return tuple(round(min(1.0, max(0.0, v)), 4) for v in values)


def _families(players: Iterable[str]) -> dict[str, float]:
    """Instrument family -> share of the players, of kits too; unknown ids do not count."""
    words = vocabulary.load()
    found = [
        "drums" if p in words.kits else words.instruments[p].family
        for p in players
        if p in words.kits or p in words.instruments
    ]
    return {f: found.count(f) / len(found) for f in found}


def _shape(s: _Sketch) -> Iterable[float]:
    spans = [max(x) - min(x) if x else 0.0 for x in (s.densities, s.dynamics)]
    return (*(float(np.mean(x)) if x else 0.5 for x in (s.densities, s.dynamics)), *spans)


def _shares(values: Iterable[tuple[int, float]], size: int) -> list[float]:
    found = [0.0] * size
    for place, weight in values:
        found[place] += weight
    total = sum(found)
    return [f / total for f in found] if total else found


def _degree(chord: Chord, key: Key) -> int:
    """Semitones from the tonic up to a chord's root."""
    return (chord.root_pc - key.tonic_pc) % 12


def _roots(s: _Sketch) -> list[float]:
    return _shares(((_degree(c, s.key), length) for c, _, length in s.chords), 12)


def _qualities(s: _Sketch) -> list[float]:
    place = {q: i for i, q in enumerate(QUALITY_CLASSES)}
    return _shares(((place[c.quality_class], length) for c, _, length in s.chords), len(place))


def _motion(s: _Sketch) -> list[float]:
    chords = [c for c, _, _ in s.chords]
    if s.loop and chords:
        chords.append(chords[0])
    steps = [(b.root_pc - a.root_pc) % 12 for a, b in pairwise(chords)]
    return _shares(((step, 1.0) for step in steps if step), 12)[1:]


def _harmony(s: _Sketch) -> tuple[float, float, float]:
    if not s.chords:
        return 0.0, 0.0, 0.0
    bars = sum(length for _, _, length in s.chords) / s.meter.bar_beats
    kinds = len({(_degree(c, s.key), c.quality_class) for c, _, _ in s.chords})
    tones = [pc in s.key.scale for c, _, _ in s.chords for pc in c.pcs]
    return len(s.chords) / bars / 4, kinds / 8, sum(tones) / len(tones)


def _cadences(s: _Sketch) -> list[float]:
    """How sections end: the last two different chords before each end."""
    found = []
    for end in s.ends:
        heard = [_degree(c, s.key) for c, onset, _ in s.chords if onset < end - 1e-9]
        if heard:
            last = heard[-1]
            before = next((d for d in reversed(heard) if d != last), None)
            found.append((_CADENCES.index(_cadence(before, last)), 1.0))
    return _shares(found, len(_CADENCES))


def _cadence(before: int | None, last: int) -> str:
    if last == 7:
        return "half"
    if last == 0 and before is not None:
        return {7: "authentic", 5: "plagal", 10: "modal", 1: "modal", 8: "modal"}.get(
            before, "other"
        )
    return "deceptive" if before == 7 and last in (8, 9) else "other"


def _groove(s: _Sketch) -> list[float]:
    """Hits of the first two bars of the beat, by place."""
    low, back = [0.0] * _PLACES, [0.0] * _PLACES
    cymbals = 0.0
    if s.beat:
        for bar in (0, 1):
            for drum, row in patterns.kit_rows(s.beat, s.meter, bar).items():
                for i, what in enumerate(row):
                    place = i * _PLACES // len(row)
                    size = {"X": 0.5, "x": 0.4, "o": 0.15}.get(what, 0.0)
                    if drum in _LOW:
                        low[place] += size
                    elif drum in _BACK:
                        back[place] += size
                    else:
                        cymbals += size / 16
    return [*low, *back, min(1.0, cymbals)]


def _form(s: _Sketch) -> tuple[float, float, float, float]:
    kinds = len(set(s.labels))
    count = max(1, len(s.labels))
    return count / 12, kinds / 6, 1 - kinds / count if s.labels else 0.0, float(s.loop)

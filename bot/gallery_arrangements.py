"""One public-domain tune in twelve styles, one of each family, and which of them is the weakest.

In: `gallery.toml`: the tune, the styles, and what people's own arrangements measure (`[people]`,
by `python tools/measure_people.py`). Out: for each its MIDI and picture, by the road that
`/arrange` takes, and their part of the listening sheet, whose figures are read back from the files.

How far an arrangement is from people: for each measure, its distance from people's mean in units of
people's spread; to be in the chord more often, or to clash less, than people is no fault. The
weakest is the one whose distances have the largest mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bot import arranging
from bot.domain import Arrangement, Melody, Request
from bot.gallery_files import draw, put, table, typed_notes, written
from bot.piece import PieceFile
from bot.recipe import players, recipe
from bot.studio import Studio, sketch_of
from models import midi, vocabulary
from models.arranger.band import SLOTS, Band
from models.arranger.evaluation import measures
from models.arranger.evaluation.view import as_band, labels, pitched
from models.arranger.playable import violations
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.planner.plan import Plan, PlanSection
from models.planner.rework import restyled
from models.score import Score

_PITCHED = tuple(slot for slot in SLOTS if slot != "drums")
#: What is measured, and on which side of people's mean it is a fault: -1 below, 1 above, 0 either.
FAULTS = {
    "chord tones on strong beats": -1,
    "bass on the root at changes": -1,
    "melody time in a semitone clash": 1,
    "melody time under another part": 1,
    "pitched groove within a section": 0,
    "pitched groove across sections": 0,
}
#: What it means to be below and above people, in words.
_MEANS = {
    "chord tones on strong beats": ("more notes outside the chord where it counts", ""),
    "bass on the root at changes": ("the bass leaves open what the chord is", ""),
    "melody time in a semitone clash": ("", "players rub against the tune"),
    "melody time under another part": ("", "players lie above the tune and cover it"),
    "pitched groove within a section": (
        "the rhythm of the players is restless: bars of a section have little in common",
        "the rhythm of the players repeats itself from bar to bar",
    ),
    "pitched groove across sections": (
        "the sections have hardly a rhythm in common",
        "verse, chorus and the rest are played in nearly the same rhythm",
    ),
}
_SEED = 1  # of what the tune's brief leaves open


@dataclass(frozen=True)
class Entry:
    """One arrangement, see `gallery.toml`; `style` and `ensemble` are vocabulary ids."""

    name: str
    style: str
    seed: int
    listen: str
    ensemble: str | None = None

    @property
    def asked(self) -> Arrangement:
        """What `/arrange` is asked."""
        return Arrangement("arrange", source="tune", style=self.style, ensemble=self.ensemble)


@dataclass(frozen=True)
class Arranged:
    """An arrangement of the gallery: its recipe, what it became, its score read from its file."""

    entry: Entry
    piece: PieceFile
    score: Score


@dataclass(frozen=True)
class Figures:
    """What was counted in an arrangement; `distances` are in people's spreads, by measure."""

    parts: int
    notes: float  # of all parts, a bar
    shares: Mapping[str, float]
    distances: Mapping[str, float]
    unplayable: int
    silent: tuple[str, ...]

    @property
    def distance(self) -> float:
        """How far from people it is: the mean over what could be counted."""
        return float(np.mean(list(self.distances.values())))


def entries() -> tuple[Entry, ...]:
    """The recipes, in order."""
    return tuple(Entry(**row) for row in table()["arrangements"])


def tune() -> tuple[PieceFile, Melody]:
    """The tune before it is arranged, and its notes."""
    row = table()["tune"]
    sketch = sketch_of(brief_from_json(row["brief"]), _SEED)
    notes = typed_notes(row["notes"], sketch.plan, row["first_bar"])
    bar = sketch.plan.meter.bar_beats

    def sung(planned: PlanSection) -> bool:
        start, end = planned.section.start_bar, planned.section.start_bar + planned.section.bars
        return any(start * bar <= n.onset < end * bar for n in notes)

    sections = tuple(
        s if sung(s) else replace(s, roles=tuple(r for r in s.roles if r != "melody"))
        for s in sketch.plan.sections
    )
    return replace(sketch, plan=replace(sketch.plan, sections=sections)), notes


def plan_of(entry: Entry) -> Plan:
    """The plan that an arrangement is written for; no model is needed to know it."""
    sketch, _ = tune()
    brief = Brief(style=entry.style, ensemble=entry.ensemble, meter=str(sketch.plan.meter))
    return replace(restyled(sketch.plan, brief, entry.seed), seed=entry.seed)


def made(wanted: Sequence[Entry], studio: Studio, out: Path) -> list[Arranged]:
    """Make arrangements, each as `out`/NAME.mid and NAME.png."""
    makers = arranging.Makers(studio.composer, studio.arranger)
    arranged = []
    with TemporaryDirectory() as scratch:
        pieces = Path(scratch)
        sketch, notes = tune()
        put(sketch, sketch.plan, notes, pieces / "tune")
        for entry in wanted:
            request = Request("arrange", arrangement=entry.asked)
            asked, score = arranging.draft(request, entry.seed, pieces, makers)
            piece = written(studio, asked, pieces / entry.name, score)
            file = pieces / entry.name / "piece.mid"
            (out / f"{entry.name}.mid").write_bytes(file.read_bytes())
            score = midi.read(file)
            draw(score, out / f"{entry.name}.png", pieces)
            arranged.append(Arranged(entry, piece, score))
    return arranged


# --- figures -------------------------------------------------------------------------------------


def shares(band: Band, bars: Sequence[str]) -> dict[str, float]:
    """The measures of `FAULTS`; `bars` say which section each bar is in.

    Groove is that of the pitched parts: most of the people measured play no drums.
    """
    found = measures.measure(band, bars)
    within, across = measures.groove(band, bars, _PITCHED)
    found["melody time under another part"] = covered(band)
    found["pitched groove within a section"] = within
    found["pitched groove across sections"] = across
    return {name: found[name] for name in FAULTS}


def covered(band: Band) -> float:
    """The share of the melody's sounding time in which an accompanying note lies above it."""
    top = np.full(band.bars * band.bar_steps, -1)
    for onset, length, pitch, _ in pitched(band).tolist():
        top[onset : onset + length] = np.maximum(top[onset : onset + length], pitch)
    heard = [top[on : on + length] > pitch for on, length, pitch in band.melody.tolist()]
    return float(np.concatenate(heard).mean()) if heard else measures.NAN


def figures(entry: Entry, score: Score) -> Figures:
    """What there is to count in a finished score."""
    plan = plan_of(entry)
    _, melody = tune()
    band = as_band(score, plan, score_melody(score, melody))
    found = shares(band, labels(score.sections))
    distances = {n: d for n, v in found.items() if (d := distance(n, v)) is not None}
    return Figures(
        sum(bool(t.notes) for t in score.tracks),
        sum(len(t.notes) for t in score.tracks) / score.bars,
        found,
        distances,
        len(violations(score, plan)),
        () if plan.ensemble else _silent(score, plan),
    )


def score_melody(score: Score, melody: Melody) -> Melody:
    """The tune as it sounds in a score: in the octave of the first player of the melody.

    An ensemble's player of the melody also plays along elsewhere; that is accompaniment.
    """
    track = score.track("melody")
    pitches = {n.onset: n.pitch for n in track.notes} if track else {}
    ups = [pitches[n.onset] - n.pitch for n in melody if n.onset in pitches]
    octaves = [up for up in ups if up % 12 == 0]
    up = max(sorted(set(octaves)), key=octaves.count, default=0)
    return tuple(replace(n, pitch=n.pitch + up) for n in melody)


def distance(measure: str, value: float) -> float | None:
    """How far a value is from people's, in their spreads; None where nothing was counted."""
    mean, spread = table()["people"][measure]
    if np.isnan(value):
        return None
    off = (value - mean) / spread
    return float(max(0.0, off * FAULTS[measure])) if FAULTS[measure] else float(abs(off))


def _silent(score: Score, plan: Plan) -> tuple[str, ...]:
    """Players without a note in a section that they were planned for: "Bass in the chorus"."""
    bar, found = score.meter.bar_beats, []
    for planned in plan.sections:
        section = planned.section
        start, end = section.start_bar * bar, (section.start_bar + section.bars) * bar
        for track in score.tracks:
            plays = any(start <= n.onset < end for n in track.notes)
            if track.role in planned.roles and track.role != "melody" and not plays:
                found.append(f"{track.name} in the {section.name}")
    return tuple(found)


# --- the sheet -----------------------------------------------------------------------------------


def sheet(arranged: Sequence[Arranged], weight: str) -> str:
    """The part of the README: the tune, each arrangement, a table, the weakest."""
    counted = [(one, figures(one.entry, one.score)) for one in arranged]
    lines = [
        "# One tune in twelve styles",
        "",
        table()["tune"]["told"],
        "",
        "One style of each family, each exactly as the arranger wrote it, by the road that",
        f"`/arrange` takes: no seed was tried twice. The weight here is `{weight[:12]}`.",
        "",
        "The figures are read back from the MIDI files and set beside those of people's own",
        "arrangements of held-out songs (`[people]` in `bot/gallery.toml`, measured by",
        "`python tools/measure_people.py`). “Farthest from people” is told by these only; nobody",
        "listened by ear.",
        "",
    ]
    for one, found in counted:
        lines += _listed(one, found)
    return "\n".join([*lines, *verdict([(o.entry, f) for o, f in counted])]).rstrip() + "\n"


def _listed(one: Arranged, found: Figures) -> list[str]:
    entry, facts = one.entry, one.piece.facts
    asked = {"act": "arrange", "style": entry.style, "ensemble": entry.ensemble}
    told = json.dumps({k: v for k, v in {**asked, "seed": entry.seed}.items() if v})
    return [
        f"## {entry.name[:2]} {facts['title']}: {title(entry)}",
        "",
        f"![Piano roll]({entry.name}.png)",
        "",
        f"[{entry.name}.mid]({entry.name}.mid) · {recipe(facts)}  ",
        f"{players(facts)}  ",
        f"Recipe: `{told}`",
        "",
        f"- **Listen for**: {entry.listen}",
        f"- **Farthest from people**: {farthest(found)}",
        f"- **Measured**: {in_words(found)}",
        "",
    ]


def title(entry: Entry) -> str:
    """The style, or the ensemble where there is one, by name."""
    words = vocabulary.load()
    style = words.styles[entry.style].name()
    if entry.ensemble is None:
        return style
    group = words.ensembles[entry.ensemble].name()
    return group if group == style else f"{group}, {style[:1].lower()}{style[1:]}"


def in_words(found: Figures) -> str:
    """The figures of an arrangement in one line."""
    said = [
        f"{found.parts} parts, {found.notes:.1f} notes a bar",
        *(f"{name} {_value(value)}" for name, value in found.shares.items()),
        f"places that cannot be played: {found.unplayable}",
    ]
    if found.silent:
        said.append(f"planned but silent: {', '.join(found.silent)}")
    return "; ".join(said)


def farthest(found: Figures) -> str:
    """The measure that is farthest from people's, in words."""
    name = max(found.distances, key=lambda n: found.distances[n])
    off, value = found.distances[name], found.shares[name]
    mean, spread = table()["people"][name]
    if off == 0:
        return "nothing: no measure is worse than people's mean"
    words = _MEANS[name][value > mean]
    return f"{words} ({name} {value:.2f}, people {mean:.2f} ± {spread:.2f}: {off:.1f} spreads)"


def verdict(counted: Sequence[tuple[Entry, Figures]]) -> list[str]:
    """A table of all arrangements, and the weakest of them by the rule."""
    if not counted:
        return []
    people = table()["people"]
    rows = [
        f"| {entry.name[:2]} {title(entry)} | "
        + " | ".join(_value(v) for v in found.shares.values())
        + f" | {found.distance:.2f} |"
        for entry, found in counted
    ]
    human = " | ".join(f"{people[n][0]:.2f} ± {people[n][1]:.2f}" for n in FAULTS)
    weakest, far = max(counted, key=lambda pair: pair[1].distance)
    return [
        "## The weakest of the twelve",
        "",
        f"| | {' | '.join(FAULTS)} | mean distance |",
        f"|---|{'---|' * (len(FAULTS) + 1)}",
        *rows,
        f"| people | {human} | |",
        "",
        "The rule: for each measure the distance from people's mean in units of people's spread",
        "(only what is worse than people's counts, but groove on both sides), then the mean.",
        f"By it the weakest is **{weakest.name[:2]} {title(weakest)}** ({far.distance:.2f}):",
        f"{farthest(far)}.",
    ]


def _value(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"

"""Drums: the beat of the style, fills into new sections, crashes on them, and an ending.

In: the stage and a part. Out: notes on General MIDI percussion keys. Thin sections lose ghost
notes and what lies off the eighths, their hat what lies off the beat; loud ones move the hat to
the `lift` cymbal.
"""

from __future__ import annotations

from models.arranger import patterns
from models.arranger.patterns import STEP
from models.arranger.stage import Bar, Stage, plays
from models.planner.plan import Part
from models.score import Note, sorted_notes

_LEVEL = {"X": 14, "x": 0, "o": -32}
_QUIETER = {"hat": -14, "shaker": -16, "pedal": -12, "tamb": -10, "brush": -8, "clave": -8}
_THIN, _FULL = 0.35, 0.7
_FALLBACK_BEAT = "ballad"  # when a kit is asked for in a style without drums
_LENGTH = 0.25  # of a drum note, in beats; the sample rings on its own


def drums(stage: Stage, part: Part, order: int, everywhere: bool) -> list[Note]:
    """The kit; further ones (`order` > 0) only add the shaker."""
    name = stage.style.beat if stage.style.beat != "none" else _FALLBACK_BEAT
    found: list[Note] = []
    before: Bar | None = None
    for bar in stage.bars:
        if not plays(bar, part, everywhere):
            before = None
            continue
        if order:
            found.extend(
                _hits(stage, bar, "shaker", "x." * (patterns.steps_of(stage.plan.meter) // 2))
            )
        elif bar.is_final:
            found.extend(_last_hit(stage, bar, name))
        else:
            found.extend(
                _bar(stage, bar, name, fresh=bar.is_first and _crashes(stage, bar, before))
            )
        before = bar
    low, high = part.low, part.high
    return list(sorted_notes(n for n in found if low <= n.pitch <= high))


def _crashes(stage: Stage, bar: Bar, before: Bar | None) -> bool:
    """A crash opens a section that is not softer than what came before; never a loop's start."""
    if bar.number == 0 and stage.plan.loop:
        return False
    return bar.dynamics >= 0.45 and (before is None or bar.dynamics >= before.planned.dynamics)


def _bar(stage: Stage, bar: Bar, name: str, fresh: bool) -> list[Note]:
    rows = dict(patterns.kit_rows(name, stage.plan.meter, bar.of_section))
    density, steps = bar.planned.density, patterns.steps_of(stage.plan.meter)
    if density < _THIN:
        beat = round(stage.plan.meter.pulse / STEP)
        rows = {drum: _thinned(row, beat if drum == "hat" else 2) for drum, row in rows.items()}
    lift = patterns.option("beat", name, "lift")
    if lift and bar.dynamics >= _FULL and "hat" in rows:
        rows[lift] = rows.pop("hat")
    fill = _fill(stage, bar, name)
    width = max((len(row) for row in fill.values()), default=0)
    if width:
        # A soft fill is played on top of the time; the others take the hands off it.
        soft = patterns.option("beat", name, "fill") == "soft"
        rows = {
            drum: row
            if drum == "kick" or (soft and drum not in fill)
            else row[: steps - width] + "." * width
            for drum, row in rows.items()
        }
    found = [n for drum, row in rows.items() for n in _hits(stage, bar, drum, row)]
    for drum, row in fill.items():
        found.extend(_hits(stage, bar, drum, "." * (steps - width) + row))
    if fresh:
        found.extend(_hits(stage, bar, "crash", "X") + _hits(stage, bar, "kick", "X"))
    return found


def _thinned(row: str, grid: int) -> str:
    """Without ghosts and without anything off a grid, in sixteenths."""
    return "".join(c if i % grid == 0 and c != "o" else "." for i, c in enumerate(row))


def _fill(stage: Stage, bar: Bar, name: str) -> dict[str, str]:
    """Rows of the fill that ends a bar: big into a new section, small after four bars."""
    family = patterns.option("beat", name, "fill")
    dynamics = bar.planned.dynamics
    if family is None or dynamics < 0.2:
        return {}
    if bar.is_last and bar.planned.section.bars > 1:
        rises = bar.following is not None and bar.following.dynamics >= dynamics
        size = "big" if rises and bar.planned.density >= _THIN else "small"
    elif bar.of_section % 4 == 3 and bar.planned.density >= 0.5:
        size = "small"
    else:
        return {}
    return patterns.fill_rows(family, "compound" if stage.plan.meter.is_compound else size)


def _last_hit(stage: Stage, bar: Bar, name: str) -> list[Note]:
    """The end: kick and crash together, or kick alone where the piece dies away."""
    found = _hits(stage, bar, "kick", "X")
    if bar.dynamics >= 0.45 and patterns.option("beat", name, "fill") != "soft":
        found += _hits(stage, bar, "crash", "X")
    else:
        found += _hits(stage, bar, "ride", "x")
    return [Note(n.onset, n.pitch, stage.bar_beats, n.velocity) for n in found]


def _hits(stage: Stage, bar: Bar, drum: str, row: str) -> list[Note]:
    key = patterns.drum_keys()[drum]
    found = []
    for i, what in enumerate(row):
        if what != ".":
            onset = bar.start + i * STEP
            accent = _LEVEL[what] + _QUIETER.get(drum, 0)
            found.append(Note(onset, key, _LENGTH, stage.velocity("drums", bar, onset, accent)))
    return found

"""The form: which sections, how long, how full, how loud.

In: the number of bars, the style's and the purpose's forms (`forms.toml`) or the person's own.
Out: `Section`s that fill the bars exactly, and `PlanSection`s with density, dynamics and mood.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.errors import Refusal
from models.planner.plan import PlanSection
from models.score import Role, Section
from models.vocabulary import Purpose, Style

_MOST_REPEATS = 40
#: Sections that open or close a piece and do not come round again.
FRAMES = frozenset(("intro", "opening", "outro", "resolution"))
#: Labels of sections that people name; other names take the next free letters.
_LABELS = {
    "intro": "I",
    "verse": "A",
    "chorus": "B",
    "bridge": "C",
    "pre-chorus": "P",
    "outro": "O",
}
_LABELS |= {"theme": "A", "build": "P", "drop": "B", "opening": "I", "hook": "B", "resolution": "O"}


@dataclass(frozen=True, slots=True)
class Slot:
    """A section before its size is known; `bars` is its ideal length."""

    name: str
    label: str
    bars: int


@dataclass(frozen=True, slots=True)
class Character:
    """What a section of a given name does (`[sections]` of `forms.toml`)."""

    factor: float = 1.0
    lift: float = 0.0
    cadence: str = "full"
    bars: int = 8
    muted: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("forms.toml").read_text(encoding="utf-8"))


def character(name: str) -> Character:
    """How a section called `name` behaves; an unknown name behaves like a verse or theme."""
    row = _tables()["sections"].get(name)
    return Character() if row is None else Character(**row | {"muted": tuple(row["muted"])})


def form_names(style: Style, purpose: Purpose | None) -> tuple[str, ...]:
    """Names of the forms that suit a purpose (if it has its own) or else a style."""
    if purpose is not None:
        if purpose.loop:
            return ("loop",)
        if purpose.lengths:
            return ("jingle",)
        if purpose.id == "lesson":
            return ("lesson",)
        if purpose.id == "film_cue":
            return ("arc",)
    table = _tables()["styles"]
    return tuple(table.get(style.id) or table.get(style.family) or ("song",))


def own_form(names: Sequence[str]) -> tuple[Slot, ...]:
    """The person's form: equal names share a label; single letters are their own label."""
    labels: dict[str, str] = {}
    slots = []
    for name in names:
        key = re.sub(r"\s*\d+$", "", name.strip().lower()) or name.strip().lower()
        if key not in labels:
            wanted = key.upper() if re.fullmatch(r"[a-z]", key) else _LABELS.get(key)
            free = (c for c in "ABCDEFGHJKLMNQRSTUVWXYZ" if c not in labels.values())
            labels[key] = wanted if wanted and wanted not in labels.values() else next(free)
        shown = key.upper() if len(key) == 1 else key
        slots.append(Slot(shown, labels[key], character(key).bars))
    return tuple(slots)


def _variants(text: str) -> list[tuple[Slot, ...]]:
    """The slots of a template, its group in parentheses played 1.._MOST_REPEATS times."""

    def parse(part: str) -> list[Slot]:
        fields = (slot.split(":") for slot in part.split())
        return [Slot(name, label, int(bars)) for name, label, bars in fields]

    if "(" not in text:
        return [tuple(parse(text))]
    before, group, after = (parse(p) for p in re.split(r"[()]", text))
    return [tuple(before + group * n + after) for n in range(1, _MOST_REPEATS + 1)]


def fill(slots: Sequence[Slot], bars: int) -> tuple[float, tuple[int, ...]]:
    """Sizes that add up to `bars`, equal where labels are equal, and how far they are from ideal.

    Sizes are multiples of 4 bars where that is possible, then of 2, then of 1 (of 12 first where
    the template is in twelve bars); what no label can take goes to the last section.
    """
    counts: dict[str, int] = {}
    ideal: dict[str, int] = {}
    for slot in slots:
        counts[slot.label] = counts.get(slot.label, 0) + 1
        ideal[slot.label] = slot.bars
    scale = bars / sum(s.bars for s in slots)
    best: tuple[float, tuple[int, ...]] = (math.inf, ())
    for unit in (12, 4, 2, 1) if slots[0].bars % 12 == 0 else (4, 2, 1):
        if bars < unit * len(slots):
            continue
        sizes = {k: max(unit, round(n * scale / unit) * unit) for k, n in ideal.items()}
        rest = _settle(sizes, counts, ideal, bars, unit)
        filled = [sizes[s.label] for s in slots]
        filled[-1] += rest
        if filled[-1] < 1:
            continue
        cost = sum(_strain(n, s.bars) for n, s in zip(filled, slots, strict=True)) / len(slots)
        uneven = rest != 0 and counts[slots[-1].label] > 1
        best = min(best, (cost + (0.4 if uneven else 0.0), tuple(filled)))
    if not best[1]:  # so few bars that returning sections cannot be equal: share them out
        share, extra = divmod(bars, len(slots))
        return 5.0, tuple(share + (i < extra) for i in range(len(slots)))
    return best


def _settle(
    sizes: dict[str, int], counts: dict[str, int], ideal: dict[str, int], bars: int, unit: int
) -> int:
    """Grow or shrink labels by `unit` until the total is right; return what is still missing."""
    rest = bars - sum(sizes[k] * counts[k] for k in sizes)
    while rest:
        step = unit if rest > 0 else -unit
        able = [k for k in sizes if counts[k] * unit <= abs(rest) and (step > 0 or sizes[k] > unit)]
        if not able:
            return rest
        label = min(able, key=lambda k: abs(math.log2((sizes[k] + step) / ideal[k])))
        sizes[label] += step
        rest -= step * counts[label]
    return 0


def _strain(size: int, ideal: int) -> float:
    """How unnatural a section length is: away from its ideal, not a multiple, odd."""
    odd = 0.0 if size % 4 == 0 or ideal % 4 else 0.3 if size % 2 == 0 else 0.8
    broken = 0.0 if size % ideal == 0 or ideal % size == 0 else 0.25
    return abs(math.log2(size / ideal)) + odd + broken + (1.0 if size == 1 else 0.0)


@lru_cache(maxsize=4096)
def fitted(form: str, bars: int, least: int) -> tuple[float, tuple[Section, ...]]:
    """The template of a form that is least stretched to fill `bars`: its strain and sections.

    At least `least` sections are kept where the form has as many; a long piece in which nothing
    returns counts as strained.
    """
    options = [v for text in _tables()["forms"][form] for v in _variants(text) if len(v) <= bars]
    most = max(map(len, options))
    best: tuple[float, int, tuple[Section, ...]] = (math.inf, 0, ())
    for slots in options:
        stretch = bars / sum(s.bars for s in slots)
        if len(slots) < min(least, most) or not (0.4 < stretch < 2.5 or len(slots) in (1, most)):
            continue
        cost, sizes = fill(slots, bars)
        if bars >= 16 and len({s.label[0] for s in slots}) == len(slots):
            cost += 0.25
        cost += _overframed(slots, sizes)
        best = min(best, (cost + 0.01 * len(slots), len(slots), place(slots, sizes)), key=_first)
    return best[0], best[2]


def _overframed(slots: Sequence[Slot], sizes: Sequence[int]) -> float:
    """How much opening and ending outweigh the song: a long wait for a short verse.

    An opening or ending stretched beyond its ideal and the shortest other section counts, and so
    do openings and endings that together take two fifths of the piece.
    """
    body = [n for slot, n in zip(slots, sizes, strict=True) if slot.name not in FRAMES]
    frames = [(s.bars, n) for s, n in zip(slots, sizes, strict=True) if s.name in FRAMES]
    if not body or not frames:
        return 0.0
    stretched = any(n > ideal and n > min(body) for ideal, n in frames)
    heavy = 5 * sum(n for _, n in frames) >= 2 * sum(sizes)
    return 0.5 * stretched + 0.3 * heavy


def _first(ranked: tuple[float, int, tuple[Section, ...]]) -> tuple[float, int]:
    return ranked[:2]


def own_sections(names: Sequence[str], bars: int) -> tuple[Section, ...]:
    """The person's form in `bars` bars.

    Raises
    ------
    Refusal
        When there are more sections than bars.
    """
    slots = own_form(names)
    if len(slots) > bars:
        raise Refusal(
            "{sections} sections do not fit into {bars} bars; ask for more bars or fewer sections.",
            sections=len(slots),
            bars=bars,
        )
    return place(slots, fill(slots, bars)[1])


def place(slots: Sequence[Slot], sizes: Sequence[int]) -> tuple[Section, ...]:
    """Sections one after the other."""
    sections, at = [], 0
    for slot, size in zip(slots, sizes, strict=True):
        sections.append(Section(slot.name, slot.label, at, size))
        at += size
    return tuple(sections)


def shape(
    sections: Sequence[Section],
    roles: Sequence[Role],
    curve: Sequence[tuple[float, float]],
    density: float,
    ceiling: float,
) -> tuple[PlanSection, ...]:
    """Density, dynamics, mood and playing roles of each section.

    Parameters
    ----------
    sections : sequence of Section
        The form, without gaps.
    roles : sequence of Role
        The roles that have a part, each once.
    curve : sequence of (valence, arousal)
        Points at equal distances over the piece; read by straight lines between them.
    density, ceiling : float
        The style's density and the most that is allowed, 0..1.
    """
    total = sum(s.bars for s in sections)
    out = []
    for section in sections:
        own = character(section.name)
        valence, arousal = _read(curve, (section.start_bar + section.bars / 2) / total)
        felt = arousal + own.lift
        level = density * own.factor * (1 + 0.5 * arousal)
        playing = tuple(r for r in roles if r not in own.muted)
        # A lone voice and a short piece have nobody to rest; nor may the melody be all that rests.
        if (
            len(sections) == 1
            or total < 8
            or not set(playing) & {"chords", "melody", "bass", "pad"}
        ):
            playing = tuple(roles)
        out.append(
            PlanSection(
                section=section,
                density=round(min(ceiling, max(0.05, level)), 3),
                dynamics=round(min(1.0, max(0.1, 0.52 + 0.48 * felt)), 3),
                valence=round(min(1.0, max(-1.0, valence)), 3),
                arousal=round(min(1.0, max(-1.0, felt)), 3),
                roles=playing,
            )
        )
    return _all_play(out, roles)


def _all_play(sections: list[PlanSection], roles: Sequence[Role]) -> tuple[PlanSection, ...]:
    """Give a part that would never play its place in the fullest section."""
    unheard = [r for r in roles if not any(r in s.roles for s in sections)]
    if unheard:
        fullest = max(range(len(sections)), key=lambda i: (sections[i].dynamics, i))
        s = sections[fullest]
        together = tuple(r for r in roles if r in s.roles or r in unheard)
        sections[fullest] = PlanSection(
            s.section, s.density, s.dynamics, s.valence, s.arousal, together
        )
    return tuple(sections)


def _read(curve: Sequence[tuple[float, float]], place: float) -> tuple[float, float]:
    """A point of a curve given at equal distances; `place` in 0..1."""
    if len(curve) == 1:
        return curve[0]
    # Each point holds the middle of its share, so that n sections of n moods take them exactly.
    x = min(max(place * len(curve) - 0.5, 0.0), len(curve) - 1.0)
    i = min(int(x), len(curve) - 2)
    (v0, a0), (v1, a1), t = curve[i], curve[i + 1], x - i
    return v0 + t * (v1 - v0), a0 + t * (a1 - a0)

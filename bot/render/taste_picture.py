"""A picture of a taste that people want to show: styles as a shape, names as bars.

In: a `Card`, its words already in the person's language. Out: a PNG, 1280 wide and as high as there
is something to say: what is not known gets no empty panel. The shape's corners lie at the square
root of each share, so that its area tells the shares and not their squares.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.render import canvas
from bot.render.canvas import (
    BLUE,
    DIM,
    GOLD,
    LINE,
    ORANGE,
    PANEL,
    PINK,
    PURPLE,
    STRONG_LINE,
    TEAL,
    TEXT,
    WIDTH,
    Box,
    Canvas,
    Colour,
    Point,
    between,
    blend,
)

#: From this many styles on they have a shape; fewer are bars.
SHAPE_FROM = 4
MOST_AXES, MOST_ROWS, MOST_CHIPS = 8, 8, 6
_EDGE, _GUTTER, _PAD = 48, 24, 24
_HALF = (WIDTH - 2 * _EDGE - _GUTTER) / 2
#: Height up to which a list and the words stand above each other beside the shape.
_MOST_BESIDE = 560
_RAINBOW: tuple[Colour, ...] = (GOLD, ORANGE, PINK, PURPLE, BLUE, TEAL)
_PAIR: tuple[Colour, Colour] = (GOLD, BLUE)


Tone = Literal["moods", "instruments", "both", "first", "second"]
_TONES: dict[Tone, Colour] = {
    "moods": PINK, "instruments": TEAL, "both": TEAL, "first": _PAIR[0], "second": _PAIR[1]
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """One taste of a picture: `shares` (0..1) by axis, `months` with the plays of each."""

    name: str
    shares: tuple[float, ...] = ()
    months: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list with a bar of 0..1 for each taste; 0 draws none."""

    title: str
    lengths: tuple[float, ...] = (0.0,)


@dataclass(frozen=True, slots=True)
class Chips:
    """Words in rounded boxes under a heading, the strongest first, each with its weight > 0."""

    heading: str
    words: tuple[tuple[str, float], ...]
    tone: Tone


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a picture says, in one language.

    `sides` is one taste or two to compare, whose `shares` go with `axes` and `months` with
    `months`; two are named in the legend. `figure` is large at the top right, (what, of what).
    """

    title: str
    summary: str
    facts: str
    sides: tuple[Side, ...]
    axes: tuple[str, ...] = ()
    axes_heading: str = ""
    rows: tuple[Row, ...] = ()
    rows_heading: str = ""
    months: tuple[str, ...] = ()
    months_heading: str = ""
    months_note: str = ""
    chips: tuple[Chips, ...] = ()
    figure: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Panel:
    """A part of the picture: how high it likes to be, and what draws it."""

    height: float
    drawn: Callable[[Canvas, Card, Box], None]


def draw(card: Card) -> bytes:
    """Draw a card as PNG."""
    header = 100 + 34 * len(_summary_lines(canvas.new(1), card)) + (24 if card.facts else 0)
    placed = _placed(card, float(header))
    bottom = max((box[3] for _, box in placed), default=float(header))
    sheet = canvas.new(round(bottom + 32))
    _draw_header(sheet, card)
    for panel, box in placed:
        sheet.box(box, PANEL, radius=14)
        panel.drawn(sheet, card, box)
    file = io.BytesIO()
    sheet.image.reduce(canvas.SCALE).save(file, "PNG", compress_level=6)
    return file.getvalue()


def _placed(card: Card, top: float) -> list[tuple[_Panel, Box]]:
    """The panels in lines of two; a short list beside the shape leaves room for the words."""
    panels = _panels(card)
    placed: list[tuple[_Panel, Box]] = []
    right = _EDGE + _HALF + _GUTTER
    if len(panels) > 2 and len(card.axes) >= SHAPE_FROM and card.rows:
        shape, rows, words = panels[0], panels[1], panels[-1]
        both = rows.height + _GUTTER + words.height
        if words.drawn is _draw_chips and both <= _MOST_BESIDE:
            middle, bottom = top + rows.height, top + max(shape.height, both)
            placed = [
                (shape, (_EDGE, top, _EDGE + _HALF, bottom)),
                (rows, (right, top, WIDTH - _EDGE, middle)),
                (words, (right, middle + _GUTTER, WIDTH - _EDGE, bottom)),
            ]
            panels, top = panels[2:-1], bottom + _GUTTER
    for at in range(0, len(panels), 2):
        line = panels[at : at + 2]
        bottom = top + max(panel.height for panel in line)
        for panel, left in zip(line, (_EDGE, right), strict=False):
            end = left + _HALF if len(line) == 2 else WIDTH - _EDGE
            placed.append((panel, (left, top, end, bottom)))
        top = bottom + _GUTTER
    return placed


def _panels(card: Card) -> list[_Panel]:
    """What there is to draw, in the order it is looked at."""
    found: list[_Panel] = []
    listed = min(len(card.rows), MOST_ROWS)
    if len(card.axes) >= SHAPE_FROM:
        found.append(_Panel(500, _draw_shape))
    elif card.axes:
        found.append(_Panel(_list_height(max(len(card.axes), listed)), _draw_styles))
    if card.rows:
        found.append(_Panel(_list_height(listed), _draw_rows))
    heard = [any(side.months[i] for side in card.sides) for i in range(len(card.months))]
    if sum(heard) > 1:  # one month is no trend
        found.append(_Panel(230, _draw_months))
    told = sum(1 for chips in card.chips if chips.words)
    if told:
        found.append(_Panel(34 + 84 * told, _draw_chips))
    return found


def _summary_lines(sheet: Canvas, card: Card) -> list[str]:
    room = WIDTH - 2 * _EDGE - (190 if card.figure else 0)
    return _wrapped(sheet, sheet.drawable(card.summary, 22), 22, room)


def _wrapped(sheet: Canvas, text: str, size: int, room: float) -> list[str]:
    """The text on at most two lines, cut between words (or anywhere in a long one)."""
    if sheet.width_of(text, size) <= room:
        return [text] if text else []
    cut = next(n for n in range(len(text), 0, -1) if sheet.width_of(text[:n], size) <= room)
    space = text.rfind(" ", 0, cut + 1)
    cut = space if space > cut / 3 else cut
    return [text[:cut].rstrip(), sheet.fitting(text[cut:].strip(), size, room)]


def _draw_header(sheet: Canvas, card: Card) -> None:
    room = WIDTH - 2 * _EDGE - (210 if card.figure else 110)
    title = " ".join(sheet.drawable(card.title, 36, bold=True).split()) or "Segno"
    sheet.text(_EDGE, 52, sheet.fitting(title, 36, room, bold=True), 36, TEXT, bold=True)
    y = 100.0
    for line in _summary_lines(sheet, card):
        sheet.text(_EDGE, y, line, 22, blend(TEXT, DIM, 0.7))
        y += 34
    sheet.text(_EDGE, y - 2, card.facts, 17, DIM)
    if card.figure:
        large, small = card.figure
        sheet.text(WIDTH - _EDGE, 62, large, 60, GOLD, bold=True, anchor="rm")
        sheet.text(WIDTH - _EDGE, 108, small, 18, DIM, anchor="rm")
    else:
        sheet.text(WIDTH - _EDGE, 52, "Segno", 20, DIM, bold=True, anchor="rm")


def _heading(sheet: Canvas, box: Box, text: str, note: str = "") -> None:
    left, top, _, _ = box
    sheet.text(left + _PAD, top + 32, text, 19, TEXT, bold=True)
    after = left + _PAD + sheet.width_of(text, 19, bold=True) + 14
    sheet.text(after, top + 33, note, 15, DIM)


# --- styles --------------------------------------------------------------------------------------


def _draw_shape(sheet: Canvas, card: Card, box: Box) -> None:
    """The radar: an axis for each style, a filled shape for each taste."""
    left, top, right, bottom = box
    _heading(sheet, box, card.axes_heading)
    middle = ((left + right) / 2, (top + bottom) / 2 + 22)
    radius, count = 158.0, len(card.axes)
    for ring in (1.0, 2 / 3, 1 / 3):
        outline = [_corner(middle, radius * ring, i, count) for i in range(count)]
        sheet.line([*outline, *outline[:2]], STRONG_LINE if ring == 1 else LINE, 1)
    for i in range(count):
        sheet.line([middle, _corner(middle, radius, i, count)], LINE, 1)
    most = max(max(side.shares) for side in card.sides) or 1.0
    single = len(card.sides) == 1
    for number, side in enumerate(card.sides):
        paint = _turning(count) if single else [_PAIR[number]]
        far = [radius * max(0.03, math.sqrt(share / most)) for share in side.shares]
        points = [_corner(middle, far[i], i, count) for i in range(count)]
        sheet.shape(points, middle, paint, 0.42 if single else 0.34)
        for i, point in enumerate(points):
            sheet.dot(point, 4.5, paint[i % len(paint)])
            sheet.dot(point, 2.0, PANEL)
    for i, name in enumerate(card.axes):
        _draw_axis_name(sheet, card, box, _corner(middle, radius + 20, i, count), middle, i, name)
    _draw_legend(sheet, card, box)


def _turning(count: int) -> list[Colour]:
    """Colours that come back to the first after one turn."""
    ring = (*_RAINBOW, GOLD)
    return [between(ring, i / count) for i in range(count)]


def _corner(middle: Point, radius: float, number: int, count: int) -> Point:
    angle = 2 * math.pi * number / count
    return middle[0] + radius * math.sin(angle), middle[1] - radius * math.cos(angle)


def _draw_axis_name(
    sheet: Canvas, card: Card, box: Box, at: Point, middle: Point, number: int, name: str
) -> None:
    """A style's name outside its corner with its share, so that it runs away from the shape."""
    across = at[0] - middle[0]
    anchor = "m" if abs(across) < 12 else "l" if across > 0 else "r"
    room = {"m": 260.0, "l": box[2] - 14 - at[0], "r": at[0] - box[0] - 14}[anchor]
    shares = [_percent(side.shares[number]) for side in card.sides]
    upright = -14 if at[1] < middle[1] - 140 else 14 if at[1] > middle[1] + 140 else 0
    x, y = at[0], at[1] + upright
    lines = _wrapped(sheet, sheet.drawable(name, 17), 17, room)
    for i, line in enumerate(reversed(lines)):
        sheet.text(x, y - 10 - 20 * i, line, 17, TEXT, anchor=anchor + "m")
    if len(shares) == 1:
        sheet.text(x, y + 10, shares[0], 14, DIM, anchor=anchor + "m")
        return
    widths = [sheet.width_of(share, 14) for share in shares]
    total = sum(widths) + 10
    start = {"m": x - total / 2, "l": x, "r": x - total}[anchor]
    sheet.text(start, y + 10, shares[0], 14, _PAIR[0])
    sheet.text(start + widths[0] + 10, y + 10, shares[1], 14, _PAIR[1])


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _draw_legend(sheet: Canvas, card: Card, box: Box) -> None:
    """Whose colour is whose, where there are two."""
    if len(card.sides) < 2:
        return
    x = box[2] - _PAD
    for colour, side in reversed(list(zip(_PAIR, card.sides, strict=True))):
        name = sheet.fitting(sheet.drawable(side.name, 16), 16, 150)
        sheet.text(x, box[1] + 32, name, 16, TEXT, anchor="rm")
        x -= sheet.width_of(name, 16) + 14
        sheet.dot((x, box[1] + 32), 6, colour)
        x -= 24


def _draw_styles(sheet: Canvas, card: Card, box: Box) -> None:
    """Too few styles for a shape: each has its bar, or one for each taste."""
    _heading(sheet, box, card.axes_heading)
    _draw_legend(sheet, card, box)
    most = max(max(side.shares) for side in card.sides) or 1.0
    ranked = sorted(
        zip(card.axes, zip(*(side.shares for side in card.sides), strict=True), strict=True),
        key=lambda pair: -max(pair[1]),
    )
    for i, (name, shares) in enumerate(ranked):
        texts = [_percent(share) for share in shares]
        colours = _PAIR if len(shares) == 2 else (between(_RAINBOW, i / (SHAPE_FROM - 1)),)
        place = _place(box, i, len(card.axes))
        _draw_bar(sheet, place, name, [share / most for share in shares], colours, texts)


# --- lists ---------------------------------------------------------------------------------------


def _draw_rows(sheet: Canvas, card: Card, box: Box) -> None:
    """The ranked list: each name on a bar as long as its weight, one for each taste."""
    _heading(sheet, box, card.rows_heading)
    rows = card.rows[:MOST_ROWS]
    for i, row in enumerate(rows):
        colours = _PAIR if len(row.lengths) == 2 else (between(_RAINBOW, i / (MOST_ROWS - 1)),)
        left, top, right, bottom = _place(box, i, len(rows))
        sheet.text(left + 12, (top + bottom) / 2, str(i + 1), 17, DIM, anchor="mm")
        _draw_bar(sheet, (left + 36, top, right, bottom), row.title, row.lengths, colours)


def _list_height(rows: int) -> float:
    return 72 + 51 * rows


def _place(box: Box, number: int, count: int) -> Box:
    """Where a line of a list lies; few lines in much room are higher."""
    pitch = min(80.0, (box[3] - box[1] - 72) / count)
    top = box[1] + 60 + number * pitch
    return box[0] + _PAD, top, box[2] - _PAD, top + pitch - 9


def _draw_bar(
    sheet: Canvas, place: Box, name: str, lengths: Sequence[float], colours: Sequence[Colour],
    texts: Sequence[str] = (),
) -> None:  # fmt: skip
    """A name over its bar of 0..1, or over two halves of a bar; `texts` stand to the right."""
    left, top, right, bottom = place
    tell = max((sheet.width_of(text, 15) + 14 for text in texts), default=0.0)
    room = right - left - tell
    sheet.box((left, top, left + room, bottom), blend(STRONG_LINE, PANEL, 0.25), radius=8)
    height = (bottom - top) / len(lengths)
    for i, (length, colour) in enumerate(zip(lengths, colours, strict=True)):
        low, end = top + i * height, left + max(14.0, room * length)
        if length > 0:
            fill = blend(colour, PANEL, 0.36)
            sheet.box((left, low, end, low + height), fill, radius=8 if len(lengths) == 1 else 5)
            sheet.box((left, low, left + 5, low + height), colour, radius=2)
    name = sheet.fitting(sheet.drawable(name, 19) or "–", 19, room - 32)
    sheet.text(left + 18, (top + bottom) / 2, name, 19, TEXT)
    for i, text in enumerate(texts):
        tone = DIM if len(texts) == 1 else colours[i]
        sheet.text(right, top + height * (i + 0.5), text, 15, tone, anchor="rm")


# --- months --------------------------------------------------------------------------------------


def _draw_months(sheet: Canvas, card: Card, box: Box) -> None:
    """A bar for each month, or one for each taste, against its own busiest month."""
    left, top, right, bottom = box
    peaks = [max(side.months, default=0.0) for side in card.sides]
    _heading(sheet, box, card.months_heading, card.months_note)
    if not card.axes:  # else the styles have told whose colour is whose
        _draw_legend(sheet, card, box)
    floor, ceiling = bottom - 40, top + 64
    left, right = left + _PAD, right - _PAD
    step = (right - left) / len(card.months)
    sheet.line([(left, floor), (right, floor)], STRONG_LINE, 1)
    for i, month in enumerate(card.months):
        wide = min(46.0, step * 0.66) / len(card.sides)
        start = left + i * step + (step - wide * len(card.sides)) / 2
        for number, (side, peak) in enumerate(zip(card.sides, peaks, strict=True)):
            share = side.months[i] / peak if peak else 0.0
            tone = _PAIR[number] if len(peaks) > 1 else between((PURPLE, BLUE, TEAL), share)
            x = start + number * wide
            if share:
                high = max(4.0, (floor - ceiling) * share)
                sheet.box((x, floor - high, x + wide - 2, floor - 1), tone, radius=4)
        sheet.text(left + (i + 0.5) * step, bottom - 22, month, 14, DIM, anchor="mm")


# --- words ---------------------------------------------------------------------------------------


def _draw_chips(sheet: Canvas, card: Card, box: Box) -> None:
    """Moods and instruments, the stronger the brighter."""
    left, top, right, bottom = box
    shown = [chips for chips in card.chips if chips.words]
    y = top + 32
    pitch = min(96.0, (bottom - top - 112) / max(1, len(shown) - 1))
    for chips in shown:
        tone = _TONES[chips.tone]
        sheet.text(left + _PAD, y, chips.heading, 19, TEXT, bold=True)
        x, most = left + _PAD, max(weight for _, weight in chips.words) or 1.0
        for word, weight in chips.words[:MOST_CHIPS]:
            word = sheet.fitting(sheet.drawable(word, 17), 17, right - left - 2 * _PAD - 32)
            width = sheet.width_of(word, 17) + 32
            if x + width > right - _PAD:
                break
            strength = 0.18 + 0.3 * weight / most
            sheet.box((x, y + 22, x + width, y + 58), tone, radius=18)
            sheet.box((x + 1.5, y + 23.5, x + width - 1.5, y + 56.5),
                      blend(tone, PANEL, strength), radius=16.5)  # fmt: skip
            sheet.text(x + 16, y + 40, word, 17, TEXT)
            x += width + 10
        y += pitch

"""The ground that pictures are drawn on: one look, text that fits, shapes with soft edges.

In: boxes, texts and outlines in pixels of the finished picture. Out: an RGB image, drawn at twice
the size and averaged down, which is three times faster than matplotlib and smoother
(notes/rendering.md, section 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bot.render.fonts import Fonts, needs_chinese

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]
Point = tuple[float, float]

SCALE = 2
_GLOW = 18
WIDTH = 1280
PAPER: Colour = (24, 26, 33)
PANEL: Colour = (31, 34, 43)
LINE: Colour = (45, 49, 61)
STRONG_LINE: Colour = (66, 72, 90)
TEXT: Colour = (236, 239, 244)
DIM: Colour = (150, 158, 175)

GOLD: Colour = (255, 200, 87)
PINK: Colour = (255, 122, 162)
BLUE: Colour = (88, 166, 255)
PURPLE: Colour = (160, 132, 240)
TEAL: Colour = (45, 208, 180)
ORANGE: Colour = (250, 140, 75)


def new(height: int) -> Canvas:
    """An empty sheet, `WIDTH` wide."""
    image = Image.new("RGB", (WIDTH * SCALE, height * SCALE), PAPER)
    return Canvas(image, ImageDraw.Draw(image), Fonts(SCALE))


def blend(colour: Colour, ground: Colour, share: float) -> Colour:
    """`share` of a colour over a ground."""
    red, green, blue = (
        round(c * share + g * (1 - share)) for c, g in zip(colour, ground, strict=True)
    )
    return red, green, blue


def between(colours: Sequence[Colour], place: float) -> Colour:
    """The colour at `place` (0..1) of a scale."""
    at = min(max(place, 0.0), 1.0) * (len(colours) - 1)
    low = min(int(at), len(colours) - 2)
    return blend(colours[low + 1], colours[low], at - low)


@dataclass(frozen=True)
class Canvas:
    """An image at `SCALE` times its size, with pens that take pixels of the finished picture."""

    image: Image.Image
    pen: ImageDraw.ImageDraw
    fonts: Fonts

    def box(self, box: Box, fill: Colour, radius: float = 0) -> None:
        """A rectangle; corners are round where there is room for it."""
        left, top, right, bottom = (v * SCALE for v in box)
        shape = (left, top, max(left, right - 1), max(top, bottom - 1))
        if radius and right - left > 4:
            self.pen.rounded_rectangle(shape, radius * SCALE, fill)
        else:
            self.pen.rectangle(shape, fill)

    def width_of(self, text: str, size: int, bold: bool = False) -> float:
        """Pixels that a text is wide."""
        return self.fonts.of(text, size, bold).getlength(text) / SCALE

    def text(
        self, x: float, y: float, text: str, size: int, fill: Colour, bold: bool = False,
        anchor: str = "lm",
    ) -> None:  # fmt: skip
        """One line of text; `anchor` as in Pillow."""
        font = self.fonts.of(text, size, bold)
        # No Chinese bold is common to all systems: a thin outline does the same.
        outline = 1 if bold and needs_chinese(text) else 0
        at = (x * SCALE, y * SCALE)
        self.pen.text(at, text, fill, font, anchor, stroke_width=outline)

    def fitting(self, text: str, size: int, room: float, bold: bool = False) -> str:
        """The text, shortened with an ellipsis until it fits `room`; empty when nothing does."""
        if self.width_of(text, size, bold) <= room:
            return text
        while text and self.width_of(text + "…", size, bold) > room:
            text = text[:-1]
        return text + "…" if text else ""

    def drawable(self, text: str, size: int, bold: bool = False) -> str:
        """The text without what no font here can draw."""
        return self.fonts.drawable(text, size, bold)

    def line(self, points: Sequence[Point], fill: Colour, width: float) -> None:
        """A line through points."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.pen.line(scaled, fill, round(width * SCALE), joint="curve")

    def dot(self, at: Point, radius: float, fill: Colour) -> None:
        """A filled circle."""
        x, y = at
        self.pen.ellipse([v * SCALE for v in (x - radius, y - radius, x + radius, y + radius)],
                         fill)  # fmt: skip

    def shape(
        self, points: Sequence[Point], middle: Point, colours: Sequence[Colour], share: float
    ) -> None:
        """A see-through area with a soft edge; its colours go around `middle`, one to a corner.

        `points` go clockwise from the top; `share` is how much of the paint covers the ground.
        """
        corners = np.array(points) * SCALE
        left, top = (int(v) for v in corners.min(axis=0) - _GLOW * SCALE)
        right, bottom = (int(v) for v in corners.max(axis=0) + _GLOW * SCALE)
        inside = [(x - left, y - top) for x, y in corners]
        edge = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(edge).line([*inside, *inside[:2]], 200, 6 * SCALE, joint="curve")
        edge = edge.filter(ImageFilter.BoxBlur(_GLOW * SCALE / 3))
        area = Image.new("L", edge.size)
        ImageDraw.Draw(area).polygon(inside, round(255 * share))
        mask = ImageChops.lighter(edge, area)
        sharp = ImageDraw.Draw(mask)
        sharp.line([*inside, *inside[:2]], 255, round(2.5 * SCALE), joint="curve")
        around = _around(edge.size, (middle[0] * SCALE - left, middle[1] * SCALE - top), colours)
        self.image.paste(around, (left, top), mask)


def _around(size: tuple[int, int], middle: Point, colours: Sequence[Colour]) -> Image.Image:
    """Paint whose colour turns with the angle, clockwise from the top."""
    if len(set(colours)) == 1:
        return Image.new("RGB", size, colours[0])
    wide, high = size
    across, down = np.meshgrid(np.arange(wide) - middle[0], np.arange(high) - middle[1])
    turn = (np.arctan2(across, -down) / (2 * np.pi)) % 1.0 * len(colours)  # (high, wide)
    scale = np.linspace(0, len(colours), 64 * len(colours) + 1)
    table = np.stack(
        [np.interp(scale, range(len(colours) + 1), [*side, side[0]])
         for side in zip(*colours, strict=True)],
        axis=1,
    ).astype(np.uint8)  # fmt: skip
    return Image.fromarray(table[(turn * 64).astype(np.int32)])

"""Letters for pictures: which font file can draw a text on this system.

In: a text. Out: a Pillow font that has its glyphs, as far as the machine has one. Without any
system font Pillow's built-in Latin font is used, and characters nobody can draw are left out
rather than shown as boxes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont

# Path and the index of the simplified Chinese face inside a collection.
_CHINESE = (
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc", 2),
    ("/System/Library/Fonts/PingFang.ttc", 0),
    ("/System/Library/Fonts/Hiragino Sans GB.ttc", 0),
    ("/System/Library/Fonts/STHeiti Medium.ttc", 0),
    ("C:/Windows/Fonts/msyh.ttc", 0),
    ("C:/Windows/Fonts/simhei.ttf", 0),
)
_LATIN = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans{bold}.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans{bold}.ttf",
    "/usr/share/fonts/TTF/DejaVuSans{bold}.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:/Windows/Fonts/seguisym.ttf",
)


def find_latin(bold: bool = False) -> Path | None:
    """A font with Latin letters and music signs, or None."""
    found = (Path(name.format(bold="-Bold" if bold else "")) for name in _LATIN)
    return next((path for path in found if path.is_file()), None)


def find_chinese() -> tuple[Path, int] | None:
    """A font with Chinese characters and the index of its face, or None."""
    return next(((Path(p), i) for p, i in _CHINESE if Path(p).is_file()), None)


def needs_chinese(text: str) -> bool:
    """Whether a text has characters beyond the European alphabets and punctuation."""
    return any(ord(c) >= 0x2E80 for c in text)


@dataclass(frozen=True)
class Fonts:
    """Loads each face and size once; `scale` multiplies every size (supersampling)."""

    scale: int = 1
    _loaded: dict[tuple[bool, bool, int], Font] = field(default_factory=dict, repr=False)

    def of(self, text: str, size: int, bold: bool = False) -> Font:
        """The font to draw a text with."""
        key = (needs_chinese(text), bold, size)
        if key not in self._loaded:
            self._loaded[key] = _load(key[0], bold, size * self.scale)
        return self._loaded[key]

    def drawable(self, text: str, size: int, bold: bool = False) -> str:
        """The text without the characters its font has no glyph for."""
        font = self.of(text, size, bold)
        return "".join(c for c in text if c == " " or has_glyph(font, c)).strip()


def has_glyph(font: Font, character: str) -> bool:
    """Whether a font draws a character as something else than its "unknown" box."""
    return bytes(font.getmask(character)) != _unknown(font)


@lru_cache(maxsize=32)
def _unknown(font: Font) -> bytes:
    return bytes(font.getmask("\U0010fffe"))


def _load(chinese: bool, bold: bool, size: int) -> Font:
    if chinese and (found := find_chinese()):
        return ImageFont.truetype(str(found[0]), size, index=found[1])
    if path := find_latin(bold):
        return ImageFont.truetype(str(path), size)
    built_in = ImageFont.load_default(size)
    assert isinstance(built_in, ImageFont.FreeTypeFont)  # noqa: S101 - given a size, it is one
    return built_in

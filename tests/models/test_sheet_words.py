"""Words on the page: under the right part, hyphened and held, and never over each other."""

from __future__ import annotations

import re
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import ImageFont
from pypdf import PdfReader
from sung_examples import EN, piece, words

from bot.render import sheet, sheet_worker
from bot.render.fonts import find_chinese
from models import musicxml
from models.lyrics import Line, Lyrics, Sung
from models.paper import Paper
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key

_SYLLABLE = re.compile(
    r'class="syl"><text x="(\d+)" y="(\d+)".*?font-size="(\d+)px">([^<]*)</tspan>', re.DOTALL
)
LONG = ("strengths", "through", "thoughts", "“scratched”", "a", "wreathed…", "I")
CHINESE = ("床", "前，", "“明", "月”", "光。", "疑", "是")


def crowded(texts: tuple[str, ...]) -> tuple[Score, Lyrics]:
    """Eight bars of sixteenths and eighths with a syllable on each."""
    notes, at, i = [], 0.0, 0
    while at < 32:
        length = (0.25, 0.25, 0.5)[i % 3]
        notes.append(Note(at, 60 + i * 5 % 14, length))
        at, i = at + length, i + 1
    voice = Track("Voice", "melody", 52, tuple(notes))
    score = Score("Crowded", Key("C"), Meter(), (Tempo(0.0, 60.0),), 8, (voice,))
    sung = tuple(Sung(texts[i % len(texts)], n.onset, n.end) for i, n in enumerate(notes))
    return score, Lyrics("Crowded", "en", (Line("", 0, sung),))


def drawn(score: Score, lyrics: Lyrics, folder: Path) -> list[tuple[int, int, int, str]]:
    """(x, y, size, text) of every syllable on a lead sheet, in units of the page."""
    musicxml.write(score, folder / "a.musicxml", Paper(kind="lead"), lyrics)
    pages = sheet_worker._pages(folder / "a.musicxml", 2100, 2970, 9.0)
    found = [m for page in pages for m in _SYLLABLE.findall(page)]
    return [(int(x), int(y), int(size), text) for x, y, size, text in found]


def width_of(folder: Path):
    """Measures a text in the font that the page is drawn in; Chinese is square."""
    sheet_worker._unpack_fonts(folder / "fonts")
    fonts = [ImageFont.truetype(str(f), 1000) for f in sorted((folder / "fonts").glob("Lib*"))]
    serif = next(f for f in fonts if f.getname() == ("Liberation Serif", "Regular"))

    def width(text: str, size: int) -> float:
        if any(ord(c) >= 0x2E80 for c in text):
            return len(text) * size
        return serif.getlength(text) * size / 1000

    return width


@pytest.mark.parametrize("texts", [LONG, CHINESE])
def test_no_syllable_touches_the_next(texts: tuple[str, ...], tmp_path: Path):
    score, lyrics = crowded(texts)
    syllables = drawn(score, lyrics, tmp_path)
    assert [text for *_, text in syllables] == [s.text for s in lyrics.lines[0].sung]
    width = width_of(tmp_path)
    gaps = [
        b[0] - a[0] - width(a[3], a[2]) for a, b in pairwise(syllables) if abs(a[1] - b[1]) < 100
    ]
    assert len(gaps) > len(syllables) / 2
    assert min(gaps) > 0


def test_hyphens_and_held_words(tmp_path: Path):
    tune = tuple(Note(float(i), 60 + i, 1.0) for i in range(8))
    score = Score("H", Key("C"), Meter(), (Tempo(0.0, 90.0),), 2, (Track("V", "melody", 0, tune),))
    rows = (Sung("win", 0.0, 1.0, 1, True), Sung("ter", 1.0, 5.0, 4), Sung("now", 5.0, 6.0))
    lyrics = Lyrics("H", "en", (Line("winter now", 0, rows),))
    musicxml.write(score, tmp_path / "a.musicxml", Paper(kind="lead"), lyrics)
    page = sheet_worker._pages(tmp_path / "a.musicxml", 2100, 2970, 9.0)[0]
    rects = [
        tuple(int(dict(re.findall(r'(\w+)="(\d+)"', tag))[name]) for name in ("x", "y", "width"))
        for tag in re.findall(r"<rect ([^>]*)>", page)
    ]
    spots = {text: int(x) for x, _, _, text in _SYLLABLE.findall(page)}
    assert set(spots) == {"win", "ter", "now"}
    lows = [r for r in rects if r[1] > int(_SYLLABLE.findall(page)[0][1]) - 200]
    hyphen = [r for r in lows if spots["win"] < r[0] < spots["ter"]]
    held = [r for r in lows if spots["ter"] < r[0] < spots["now"]]
    assert len(hyphen) == 1 and len(held) == 1
    assert held[0][0] + held[0][2] < spots["now"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Everything on paper, with words."""
    folder = tmp_path_factory.mktemp("sung")
    _, score = piece()
    paper = Paper(composer="Segno")
    what = ("score", "parts", "lead")
    return sheet.engrave(score, folder, what=what, paper=paper, lyrics=words(score))


def said(path: Path) -> set[str]:
    return {w for page in PdfReader(path).pages for w in page.extract_text().split()}


def test_score_lead_sheet_and_the_singers_part_have_words(made: dict[str, Path], tmp_path: Path):
    syllables = {text for word in EN for text in word}
    for kind in ("score", "lead"):
        whole = "".join(page.extract_text() for page in PdfReader(made[kind]).pages)
        assert all(text.strip(",") in whole for text in syllables)
    with zipfile.ZipFile(made["parts"]) as archive:
        archive.extractall(tmp_path)
    bass, flute = (next(tmp_path.glob(f"*{name}*")) for name in ("Bass", "Flute"))
    assert "tern" in "".join(said(flute)) and "tern" not in "".join(said(bass))


def test_the_lead_sheet_as_a_file_has_its_words(made: dict[str, Path]):
    _, score = piece()
    read = musicxml.read_words(made["lead_xml"])
    assert read is not None
    wanted = [s.text for line in words(score).lines for s in line.sung]
    assert [s.text for line in read.lines for s in line.sung] == wanted


@pytest.mark.skipif(find_chinese() is None, reason="no font with Chinese characters")
def test_chinese_words_are_drawn(tmp_path: Path):
    _, score = piece()
    made = sheet.engrave(score, tmp_path, what=("lead",), lyrics=words(score, "zh"))
    text = "".join(page.extract_text() for page in PdfReader(made["lead"]).pages)
    assert all(c in text for c in "床前明月光疑是")

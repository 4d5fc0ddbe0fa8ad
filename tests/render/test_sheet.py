"""Paper: what verovio, resvg and typst make of our MusicXML, and what happens when they die."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from bot.files import NAMES, kinds_of
from bot.render import sheet
from models import musicxml
from models.errors import Refusal
from models.paper import Paper
from models.score import Meter, Note, PlacedChord, Score, Section, Tempo, Track, sorted_notes
from models.theory import Chord, Key

BARS = 24


def band() -> Score:
    """Tune, two-handed piano, bass and drums; the bass waits for the second section."""
    beats = BARS * 4
    tune = [Note(float(i), 65 + i * 2 % 12, 1.0, 80) for i in range(beats)]
    hands = [Note(i * 2.0, p, 2.0, 70) for i in range(beats // 2) for p in (41, 48, 65, 69, 72)]
    bass = [Note(float(i), 34, 1.0, 90) for i in range(32, beats)]
    kit = [Note(i / 2, 42, 0.25) for i in range(beats * 2)]
    kit += [Note(float(i), 38 if i % 2 else 36, 0.25) for i in range(beats)]
    chords = (Chord("F", "maj7"), Chord("Bb", "m6"))
    return Score(
        "Lantern Street",
        Key("F"),
        Meter(),
        (Tempo(0.0, 120.0),),
        BARS,
        (
            Track("Drum kit", "drums", 0, sorted_notes(kit), True),
            Track("Fingered bass", "bass", 33, tuple(bass)),
            Track("Piano", "chords", 0, sorted_notes(hands)),
            Track("Flute", "melody", 73, tuple(tune)),
        ),
        tuple(PlacedChord(i * 4.0, 4.0, chords[i % 2]) for i in range(BARS)),
        (Section("verse", "A", 0, 8), Section("chorus", "B", 8, BARS - 8)),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Everything on paper, once."""
    paper = Paper(composer="Segno", style="Pop", note="Score in C")
    folder = tmp_path_factory.mktemp("paper")
    return sheet.engrave(band(), folder, what=("score", "parts", "lead"), paper=paper)


def text_of(path: Path) -> str:
    return " ".join(page.extract_text() for page in PdfReader(path).pages)


def fonts_of(path: Path) -> set[str]:
    return {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(path).pages
        for font in page["/Resources"]["/Font"].values()
    }


def test_every_kind_has_its_file(made: dict[str, Path]):
    assert set(made) == set(kinds_of(("score", "parts", "lead")))
    assert all(path.name in NAMES[kind] and path.is_file() for kind, path in made.items())


def test_the_score_has_all_its_pages(made: dict[str, Path]):
    assert made["score"].read_bytes().startswith(b"%PDF")
    pages = PdfReader(made["score"]).pages
    assert len(pages) > 1
    assert "Lantern Street" in pages[0].extract_text()
    text = text_of(made["score"])
    for word in ("Score in C", "Segno", "Pop", "Flute", "Verse", "Chorus", "Fmaj7", "Drum kit"):
        assert word in text
    assert "verovio" not in text.lower()
    assert "Lantern Street" in pages[-1].extract_text()
    width, height = (float(x) for x in pages[0].mediabox[2:])
    assert height / width == pytest.approx(297 / 210, abs=0.01)


def test_letters_are_those_of_the_wheel(made: dict[str, Path]):
    fonts = fonts_of(made["lead"])
    assert fonts and all("Liberation" in f or "Leland" in f or "Leipzig" in f for f in fonts)


def test_the_first_page_is_a_picture(made: dict[str, Path]):
    for kind in ("score_png", "lead_png"):
        with Image.open(made[kind]) as image:
            assert image.width == 1500
            ink = np.asarray(image.convert("L")) < 128
        assert 0.005 < ink.mean() < 0.25
        title = ink[:140, 500:1000]  # no letters at all where the fonts are not found
        assert title.mean() > 0.002


def test_every_player_has_a_part(made: dict[str, Path], tmp_path: Path):
    with zipfile.ZipFile(made["parts"]) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert names == ["01 Flute.pdf", "02 Piano.pdf", "03 Fingered bass.pdf", "04 Drum kit.pdf"]
    bass, drums = text_of(tmp_path / names[2]), text_of(tmp_path / names[3])
    assert "Fmaj7" in bass and "Fmaj7" not in drums
    assert "Flute" not in bass and "Fingered bass" in bass


def test_the_lead_sheet_is_the_tune_and_its_chords(made: dict[str, Path]):
    read = musicxml.read(made["lead_xml"])
    assert len(read.tracks) == 1 and read.tracks[0].notes == band().tracks[3].notes
    assert read.chords == band().chords
    assert "Fmaj7" in text_of(made["lead"])


def test_a_lead_sheet_of_drums_alone_is_refused(tmp_path: Path):
    drums = Score("T", Key("C"), Meter(), (Tempo(0.0, 120.0),), BARS, band().tracks[:1])
    with pytest.raises(Refusal, match="tune or chords"):
        sheet.engrave(drums, tmp_path, what=("lead",))


@pytest.mark.parametrize("death", ["kill -FPE $$", "exit 3", "sleep 9"])
def test_a_dead_engraver_costs_only_the_page(
    death: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{death}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sheet.sys, "executable", str(fake))
    monkeypatch.setattr(sheet, "_TIMEOUT", 1.0)
    out = tmp_path / "piece"
    out.mkdir()
    with pytest.raises(Refusal, match="could not engrave"):
        sheet.engrave(band(), out)
    assert not list(out.iterdir())

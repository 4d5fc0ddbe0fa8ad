"""Reading the corpora: small files written here, and the real ones when `--data` is given."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import symusic

from models.composer.corpora.midi_sets import nottingham, pop909
from models.composer.corpora.musicxml_sets import openewld, read_leadsheet
from models.composer.data import load_sheets

#: Major, and minor with both sevenths.
SCALES = ({0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10, 11})
TUNE = [0, 2, 4, 5, 7, 5, 4, 2, 0, 4, 7, 12, 11, 9, 7, 0]


def midi(
    path: Path, tracks: dict[str, list[tuple[float, float, int]]], fifths: int, unit: int
) -> None:
    score = symusic.Score(unit)
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    score.key_signatures.append(symusic.KeySignature(0, fifths, 0))
    for name, notes in tracks.items():
        track = symusic.Track(name)
        for onset, duration, pitch in notes:
            track.notes.append(symusic.Note(round(onset * unit), round(duration * unit), pitch, 80))
        score.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    score.dump_midi(str(path))


def test_the_melody_of_pop909_is_found_in_the_corrected_file(tmp_path: Path) -> None:
    melody = [(float(i), 0.9, 67 + p) for i, p in enumerate(TUNE)]
    bridge = [(i + 0.5, 0.4, 67 + p) for i, p in enumerate(TUNE)]  # the same pitches, in between
    piano = [(4.0 * i, 4.0, 43) for i in range(4)]
    chords = [(4.0 * i, 4.0, p) for i in range(4) for p in ((55, 59, 62), (50, 54, 57))[i % 2]]
    folder = tmp_path / "pop909" / "001"
    late = {
        name: [(1.5 * o + 0.3, 1.5 * d, p) for o, d, p in notes]  # another tempo, off the grid
        for name, notes in {"MELODY": melody, "BRIDGE": bridge, "PIANO": piano}.items()
    }
    midi(folder / "001.mid", late, 0, 480)
    merged = sorted([*melody, *bridge, *piano])
    midi(folder / "001.chords_cleaned.mid", {"piano": merged, "chords": chords}, 1, 480)
    (sheet,) = list(pop909(tmp_path))
    assert [p - sheet.notes[0][2] for _, _, p in sheet.notes] == TUNE
    assert [o for o, _, _ in sheet.notes] == [4 * i for i in range(16)]
    assert sheet.chords == ((0, 0, 0), (16, 7, 0), (32, 0, 0), (48, 7, 0))
    assert sheet.notes[0][2] % 12 == 0 and sheet.meter == "4/4"


def test_nottingham_takes_its_style_from_the_file_name(tmp_path: Path) -> None:
    melody = [(float(i), 1.0, 62 + p) for i, p in enumerate(TUNE)]
    chords = [(4.0 * i, 4.0, p) for i in range(4) for p in (50, 54, 57)]
    midi(tmp_path / "nottingham" / "reelsa1.mid", {"a": melody, "b": chords}, 2, 1024)
    (sheet,) = list(nottingham(tmp_path))
    assert sheet.style == "reel" and sheet.chords == ((0, 0, 0),)


def _note(step: str, octave: int, duration: int, extra: str = "") -> str:
    pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    return f"<note>{extra}{pitch}<duration>{duration}</duration><voice>1</voice></note>"


def test_musicxml_lead_sheets_keep_pickups_and_ties_in_place(tmp_path: Path) -> None:
    head = (
        "<attributes><divisions>2</divisions><key><fifths>1</fifths></key>"
        "<time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
    )
    harmony = "<harmony><root><root-step>{}</root-step></root><kind>{}</kind></harmony>"
    bars = [head + _note("D", 4, 2)]
    bars.append(harmony.format("G", "major") + _note("G", 4, 4) + _note("A", 4, 2))
    bars.append(harmony.format("D", "dominant") + _note("B", 4, 2) * 2 + _note("C", 5, 2))
    tie, end = '<tie type="start"/>', '<tie type="stop"/>'
    bars.append(_note("D", 5, 2) * 2 + _note("G", 5, 2).replace("<voice>", tie + "<voice>"))
    bars.append(_note("G", 5, 4).replace("<voice>", end + "<voice>") + _note("A", 4, 2))
    bars.append(_note("G", 4, 2) * 3)
    measures = "".join(f"<measure>{b}</measure>" for b in bars)
    path = tmp_path / "a.mxl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", f"<score-partwise><part>{measures}</part></score-partwise>")
    sheet = read_leadsheet(path, "p", "s", "song")
    assert sheet is not None and sheet.meter == "3/4" and not sheet.minor
    assert sheet.notes[0] == (8, 4, 55)  # the upbeat ends on the first bar line
    assert [c[:2] for c in sheet.chords] == [(12, 0), (24, 7)]
    held = next(n for n in sheet.notes if n[2] == 72)
    assert held == (12 * 3 + 8, 12, 72)


@pytest.mark.timeout(1800)  # seven corpora from scratch: minutes of parsing, more on a busy machine
def test_the_real_corpora_read_as_counted(data_dir: Path, tmp_path: Path) -> None:
    sheets = load_sheets(data_dir, tmp_path)
    everything = [s for members in sheets.values() for s in members]
    assert len([s for s in everything if s.source == "pop909"]) > 800
    assert len([s for s in everything if s.source == "nottingham"]) > 950
    assert len(list(openewld(data_dir))) > 80
    openings = {
        name: {(s.meter, s.notes[:18]) for s in members if s.id.endswith("#0")}
        for name, members in sheets.items()
    }
    assert not openings["train"] & openings["test"]
    in_scale = [
        sum(p % 12 in SCALES[s.minor] for _, _, p in s.notes) / len(s.notes) for s in everything
    ]
    assert sum(in_scale) / len(in_scale) > 0.95
    again = load_sheets(data_dir, tmp_path)  # from the cache
    assert again == sheets

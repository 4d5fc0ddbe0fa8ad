"""Games' music as lead sheets, artists of POP909, and bar lines of files that change meter."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import pytest
import symusic
from hypothesis import given
from hypothesis import strategies as st

from models import bar_lines
from models.composer.corpora.games import game_authors, gamemusic
from models.composer.corpora.midi_sets import pop909_artists
from models.score import Meter

_TUNE = (62, 64, 66, 67, 69, 66, 62, 69, 71, 69, 67, 66, 64, 69, 73, 74)
_CREDITS = """--Phase 1--

Title: "Fight" by Korp, based on "Dance" by Tyler "Picklehammer" P.
	E1M1: "Steel and Brass" by Kevin "Velvetic" Martins & Jonathan "julnen" Martins
	MAP02: dave3d07.mid by jute

--Previously Featured in 0.12.1--

E1M1: "Other" by Somebody
"""


def _write(path: Path) -> None:
    score = symusic.Score(96)
    tune, chords = symusic.Track("", 73, False), symusic.Track("", 48, False)
    for i, pitch in enumerate(_TUNE * 2):
        tune.notes.append(symusic.Note(i * 96, 90, pitch + 12, 90))
    for i, root in enumerate((50, 55, 57, 50) * 2):
        for pitch in (root, root + 4, root + 7):
            chords.notes.append(symusic.Note(i * 384, 384, pitch, 70))
    score.tracks.extend([chords, tune])
    path.parent.mkdir(parents=True, exist_ok=True)
    score.dump_midi(str(path))


@pytest.fixture
def games(tmp_path: Path) -> Path:
    root = tmp_path / "gamemusic"
    _write(root / "freedoom" / "d_e1m1.mid")
    _write(root / "simutrans" / "04-a-b-c.mid")
    _write(root / "OpenMSX" / "the_hobo_redfarn.mid")
    (root / "freedoom" / "CREDITS-MUSIC").write_text(_CREDITS)
    (root / "simutrans" / "readme.txt").write_text("04 | A B C   | shunter    | -   |\n")
    (root / "OpenMSX" / "README.md").write_text(
        "Musicians:\n- All 'Ezy Street' tracks\n- The Hobo\n  - Jim Redfarn <http://x>\n"
    )
    return tmp_path


def test_melody_chords_key_and_author_of_a_file_that_states_none(games: Path) -> None:
    sheets = {s.id: s for s in gamemusic(games)}
    assert {i: s.author for i, s in sheets.items()} == {
        "gamemusic/freedoom/d_e1m1": "Velvetic",
        "gamemusic/simutrans/04-a-b-c": "shunter",
        "gamemusic/OpenMSX/the_hobo_redfarn": "Jim Redfarn",
    }
    sheet = sheets["gamemusic/freedoom/d_e1m1"]
    assert (sheet.style, sheet.source, sheet.meter, sheet.minor) == (
        "game", "gamemusic", "4/4", False,
    )  # fmt: skip
    assert [p - sheet.notes[0][2] for _, _, p in sheet.notes[:16]] == [p - 62 for p in _TUNE]
    assert sheet.notes[0][2] % 12 == 0
    assert sheet.chords[:4] == ((0, 0, 0), (16, 5, 0), (32, 7, 0), (48, 0, 0))


def test_screens_are_credited_and_former_pieces_are_not(games: Path) -> None:
    _write(games / "gamemusic" / "freedoom" / "d_introa.mid")
    _write(games / "gamemusic" / "freedoom" / "d_map02.mid")
    authors = game_authors(games)
    assert authors["gamemusic/freedoom/d_introa"] == "Korp"
    assert authors["gamemusic/freedoom/d_map02"] == "jute"
    assert "Somebody" not in authors.values()


def test_artists_are_read_from_the_spreadsheet(tmp_path: Path) -> None:
    assert pop909_artists(tmp_path) == {}
    row = '<row><c r="A2"><is><t>001</t></is></c><c r="C2"><is><t> 林俊杰</t></is></c></row>'
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    (tmp_path / "pop909").mkdir()
    with zipfile.ZipFile(tmp_path / "pop909" / "index.xlsx", "w") as archive:
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{space}">{row}</worksheet>'
        )
    assert pop909_artists(tmp_path) == {"001": "林俊杰"}


def test_the_real_credits_name_three_composers_with_many_pieces(data_dir: Path) -> None:
    authors = Counter(game_authors(data_dir).values())
    assert {name for name, _ in authors.most_common(3)} == {"Korp", "shunter", "BlueWorrior"}
    assert sum(n >= 10 for n in Counter(pop909_artists(data_dir).values()).values()) >= 6


def test_a_pickup_ends_on_a_bar_line_and_an_odd_bar_is_filled_up() -> None:
    waltz = Meter(3, 4)
    lines = bar_lines.lay(
        [(0.0, Meter(1, 4)), (1.0, waltz), (13.0, Meter(2, 4)), (15.0, waltz)], 30
    )
    assert lines.meter == waltz and lines.share > 0.8
    assert [lines.place(b) for b in (0.0, 0.5, 1.0, 4.0, 13.0, 15.0)] == [2, 2.5, 3, 6, 15, 18]


def test_one_meter_moves_nothing_and_none_is_common_time() -> None:
    assert bar_lines.lay([(0.0, Meter(6, 8))], 20).place(7.25) == 7.25
    assert bar_lines.lay([], 20).meter == Meter()


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from([Meter(), Meter(3, 4), Meter(7, 8)])),
        max_size=6,
    ),
    st.integers(1, 80),
)
def test_bar_lines_keep_order_and_put_every_stretch_on_one(
    signs: list[tuple[int, Meter]], end: int
) -> None:
    lines = bar_lines.lay([(float(at), m) for at, m in signs], float(end))
    placed = [lines.place(b / 4) for b in range(4 * end)]
    assert placed == sorted(placed)
    assert placed[0] >= 0
    for start in lines.starts[1:]:
        assert lines.place(start) % lines.meter.bar_beats == pytest.approx(0, abs=1e-3)

"""Songs for voice and piano: the reading of a small score, and of some real ones."""

from __future__ import annotations

import zipfile
from itertools import islice
from pathlib import Path

import pytest

from models.composer.corpora.lieder import lieder, plain_name, read_song, sounds_minor
from models.composer.corpora.measures import place_bars
from models.theory import QUALITY_CLASSES


def _note(step: str, octave: int, length: int, more: str = "", first: str = "") -> str:
    return (
        f"<note>{first}<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
        f"<duration>{length}</duration>{more}</note>"
    )


def _song(folder: Path) -> Path:
    """A minor in 2/2: a quarter pickup, five bars, a tie over the bar line, block chords below."""
    sign = (
        "<attributes><divisions>2</divisions><key><fifths>0</fifths></key>"
        "<time><beats>2</beats><beat-type>2</beat-type></time></attributes>"
    )
    la = "<lyric><text>la</text></lyric>"
    grace = "<note><grace/><pitch><step>G</step><octave>5</octave></pitch></note>"
    bar = "".join(_note(s, 4, 2, la) for s in "ABCE")
    sung = [
        sign + _note("E", 4, 2, la),
        _note("A", 4, 6, la) + grace + _note("B", 4, 2, la + '<tie type="start"/>'),
        _note("B", 4, 2, '<tie type="stop"/>') + _note("A", 4, 6, la),
        bar,
        bar,
        _note("A", 4, 8, la),
    ]
    played = [sign + "<forward><duration>2</duration></forward>"]
    for root, third, fifth in ("ACE", "EGB", "ACE", "DFA", "ACE"):
        chord = [_note(root, 3, 8), _note(third, 4, 8, "", "<chord/>")]
        played.append("".join([*chord, _note(fifth, 4, 8, "", "<chord/>")]))
    parts = "".join(
        f'<part id="P{n}">' + "".join(f"<measure>{m}</measure>" for m in measures) + "</part>"
        for n, measures in enumerate((played, sung))
    )
    head = '<identification><creator type="composer">A. Body</creator></identification>'
    path = folder / "song.mxl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("score.xml", f"<score-partwise>{head}{parts}</score-partwise>")
    return path


def test_a_song_gives_its_sung_line_its_key_and_the_piano_chords(tmp_path: Path) -> None:
    (sheet,) = read_song(_song(tmp_path), "lieder/song", "lieder", "lied")
    assert (sheet.meter, sheet.minor, sheet.author) == ("4/4", True, "A. Body")
    # The pickup ends on a bar line, the grace note is gone and the tied B is one note.
    assert [n[:2] for n in sheet.notes[:4]] == [(12, 4), (16, 12), (28, 8), (36, 12)]
    assert [n[2] % 12 for n in sheet.notes[:4]] == [7, 0, 2, 0]
    roots = {on // 16: (root, QUALITY_CLASSES[q][:3]) for on, root, q in sheet.chords}
    assert roots[2] == (7, "min")
    assert roots[4] == (5, "min")
    assert roots[5] == (0, "min")


def test_the_last_bass_note_tells_minor_only_where_the_song_ends() -> None:
    c_major = [(float(i), 1.0, p) for i, p in enumerate((60, 64, 67, 65, 62, 67, 72, 60))]
    on_a = [*c_major, (8.0, 1.0, 45)]
    assert sounds_minor(on_a, 0, ends=True)
    assert not sounds_minor(on_a, 0, ends=False)


def test_a_composer_is_written_one_way() -> None:
    assert plain_name("Brahms, Johannes (1833-1897)") == plain_name("Johannes Brahms")
    assert plain_name("Fanny (Mendelssohn) Hensel") == "Fanny (Mendelssohn) Hensel"


@pytest.mark.parametrize(
    ("lengths", "openings", "starts", "bars"),
    [
        ([1, 4, 3], [True, False, False], [3, 4, 8], 3),  # pickup
        ([4, 3, 1, 4], [True, False, True, False], [0, 4, 7, 8], 3),  # a bar parted by a repeat
        ([4, 4, 1, 4], [True, False, True, False], [0, 4, 11, 12], 4),  # a pickup inside
        ([4, 3, 4], [True, False, False], [0, 4, 8], 3),  # a bar left short
        ([4, 9, 4], [True, False, False], [0, 4, 16], 5),  # a cadenza
    ],
)
def test_measures_stand_on_bar_lines(
    lengths: list[float], openings: list[bool], starts: list[float], bars: int
) -> None:
    assert place_bars(lengths, openings, 4.0) == (starts, bars)


def test_real_songs_stay_in_their_keys(data_dir: Path) -> None:
    sheets = list(islice(lieder(data_dir), 40))
    assert sheets == list(islice(lieder(data_dir), 40))
    assert all(s.style == "lied" and s.chords for s in sheets)
    scale = {False: {0, 2, 4, 5, 7, 9, 11}, True: {0, 2, 3, 5, 7, 8, 9, 10, 11}}
    inside = [n[2] % 12 in scale[s.minor] for s in sheets for n in s.notes]
    assert sum(inside) / len(inside) > 0.85  # a wrong key keeps about 0.6
    assert sum(bool(s.author) for s in sheets) >= 38

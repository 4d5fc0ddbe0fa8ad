"""ABC notation as a score: what a player of the page would sound."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from models import abc
from models.errors import Refusal
from models.score import Meter
from models.theory import Key


@pytest.fixture
def heard(tmp_path: Path):
    def read(body: str, head: str = "M:4/4\nL:1/8\nK:C\n"):
        path = tmp_path / "tune.abc"
        path.write_text(f"X:1\nT:Tune\n{head}{body}\n", encoding="utf-8")
        return abc.read(path)

    return read


def pitches(score, track=0):
    return [n.pitch for n in score.tracks[track].notes]


def lengths(score):
    return [n.duration for n in score.tracks[0].notes]


def test_the_header_gives_key_meter_tempo_and_title(heard):
    score = heard("A2B|", "M:6/8\nL:1/8\nQ:3/8=80\nK:Edor\n")
    assert (score.title, score.meter, score.bpm) == ("Tune", Meter(6, 8), 120)
    assert score.key == Key("E", "dorian")
    assert heard("c8|", 'M:C|\nQ:"Slowly" 1/4=60.5\nK:Bb\n').bpm == 60.5
    assert heard("c8|", "M:C\nQ:90\nK:HP\n").bpm == 90


@pytest.mark.parametrize(
    ("key", "body", "expected"),
    [
        ("G", "F ^F =F F|F,,f'", [66, 66, 65, 65, 42, 90]),  # to the bar line, for its octave
        ("Dm", "B _B =B", [70, 70, 71]),
        ("D ^g =c", "g c f", [80, 72, 78]),
        ("C", "^f-|f f", [66 + 12, 77]),  # a tied note keeps its accidental, the next has none
        ("C", "[CEG]2 z2 [^c_e]", [60, 64, 67, 73, 75]),
        ("C", '"Am"{g}!trill!c "^slow"~d (ef) .g +fermata+a', [72, 74, 76, 77, 79, 81]),
        ("C", "c2 % a remark g\nw:words ab cd\nd2", [72, 74]),
    ],
)
def test_pitches(heard, key, body, expected):
    assert pitches(heard(body + "|", f"M:4/4\nL:1/8\nK:{key}\n")) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("c c2 c/ c// c3/2 c/4", [0.5, 1, 0.25, 0.125, 0.75, 0.125]),
        ("c>d e<f g>>a", [0.75, 0.25, 0.25, 0.75, 0.875, 0.125]),
        ("(3cde f (2gab", [1 / 3] * 3 + [0.5] + [0.75] * 2 + [0.5]),
        ("(3:2:2c2d e", [2 / 3, 1 / 3, 0.5]),
        ("c2-|c2 d-e", [2, 0.5, 0.5]),
        ("[c2e2]/2 d", [0.5, 0.5, 0.5]),
    ],
)
def test_lengths(heard, body, expected):
    assert lengths(heard(body + "|")) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("body", "played"),
    [
        ("|:C8|D8:|E8|", "CDCDE"),
        ("C8:|D8:|", "CCDD"),
        ("C8|D8::E8|F8:|", "CDCDEFEF"),
        ("|:C8|1 D8:|2 E8|]F8|", "CDCEF"),
        ("|:C8|[1 D8|E8:|[2 F8|G8||A8|", "CDECFGA"),
        ("|:C8|[1,3 D8:|[2 E8:|", "CDCECD"),
        ("|:C8|1 D8:|2 E8|:F8|G8:|", "CDCEFGFG"),
        ("C8|D8||:E8:|", "CDEE"),
        ("Z2|C8|", "C"),
    ],
)
def test_repeats_and_endings_are_played(heard, body, played):
    assert ["CDEFGAB"[[0, 2, 4, 5, 7, 9, 11].index(p - 60)] for p in pitches(heard(body))] == list(
        played
    )


def test_a_pickup_ends_on_the_bar_line_and_repeats_stay_in_time(heard):
    score = heard("G2|:c8|d6 G2:|c6|]")
    onsets = [n.onset for n in score.tracks[0].notes]
    assert onsets == [3, 4, 8, 11, 12, 16, 19, 20]
    assert score.bars == 6


def test_chord_symbols_stand_where_they_are_written(heard):
    score = heard('"Am7"A4 "D7/F#"d4|"^remark""Gmaj7"g8|"no chord"c8|')
    assert [(c.onset, c.duration, c.chord.symbol) for c in score.chords] == [
        (0, 2, "Am7"), (2, 2, "D7/F#"), (4, 8, "Gmaj7"),
    ]  # fmt: skip


def test_every_voice_is_a_track(heard):
    head = 'M:4/4\nL:1/4\nV:T1 name="Flute"\nV:B clef=bass octave=-1\nK:F\n'
    score = heard("%%MIDI program 73\n[V:T1] BAGF|[V: B]F,4|\nV:T1\nc4|\nV:B\nC,4&C4|", head)
    assert [t.name for t in score.tracks] == ["Flute", "B"]
    assert pitches(score) == [70, 69, 67, 65, 72]
    assert pitches(score, 1) == [41, 36, 48]
    assert [n.onset for n in score.tracks[1].notes] == [0, 4, 4]


def test_the_first_of_several_tunes_is_read_and_strange_text_is_passed_over(tmp_path: Path):
    path = tmp_path / "book.abc"
    path.write_bytes(
        "% book\r\n\r\nX:7\r\nT:Röslein\r\nK:C\r\nc4|\r\n\r\nX:8\r\nK:C\r\nd4|".encode()
    )
    assert (abc.read(path).title, pitches(abc.read(path))) == ("Röslein", [72])
    path.write_bytes("X:1\nT:Röslein\nK:C\nc4|".encode("latin-1"))
    assert abc.read(path).title == "Röslein"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("X:1\nT:no key\nccc|", "has no key"),
        ("X:1\nK:C\nz4|", "no notes"),
        ("X:1\nM:4/4\nK:C\n" + "c8|" * 20 + "\nM:3/4\n" + "c6|" * 20, "changes its meter"),
        ("X:1\nK:C\n" + "c" * 60_000, "50000 notes"),
        ("X:1\nK:C\n" + "|:c99999:|" * 9, "6000 beats"),
        ("X:1\nK:C\n" + "c" * 300_000, "256 KiB"),
        ("X:1\nK:C\n" + "".join(f"V:{n}\nc|\n" for n in range(70)), "65 tracks"),
    ],
)
def test_what_is_too_much_is_refused(tmp_path: Path, text: str, words: str):
    (tmp_path / "a.abc").write_text(text)
    with pytest.raises(Refusal, match=words):
        abc.read(tmp_path / "a.abc")


def test_damage_gives_a_score_or_a_refusal(tmp_path: Path):
    good = (
        'X:1\nM:6/8\nL:1/8\nK:D\n|:"D"A>d[fa] (3d/e/f/ ^g-|g2 z [1 a:|[2 b|]\nV:2\n[D,A,]3 &x2 F|'
    )
    rng = random.Random(3)
    pieces = ["[", "|:", ":|", "K:", "(9", "\n", '"', "{", "9" * 9, "V:3", "/" * 9, "é", "[1-9"]
    read = 0
    for _ in range(300):
        text = list(good)
        for _ in range(rng.randrange(1, 8)):
            text[rng.randrange(len(text))] = rng.choice(pieces)
        (tmp_path / "a.abc").write_text("".join(text))
        with contextlib.suppress(Refusal):
            read += bool(abc.read(tmp_path / "a.abc").tracks)
    assert read > 100


def test_hymns_keep_their_voices_together(data_dir: Path):
    """Four voices of one length: a misread repeat or note length would pull them apart."""
    together = 0
    paths = sorted((data_dir / "hymnal").glob("*.abc"))[::6]
    for path in paths:
        score = abc.read(path)
        together += len({round(max(n.end for n in t.notes)) for t in score.tracks}) == 1
    assert together >= 0.9 * len(paths)

"""The picture: what is on it is checked in its pixels, and nothing makes it fail."""

import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bot.render import fonts, picture
from bot.render.picture import piano_roll
from models.score import Meter, Note, PlacedChord, Score, Section, Tempo, Track
from models.theory import Chord, Key

SYMBOLS = ("Cm7", "Abmaj7", "Fm7", "G7b9")
MELODY, BASS, DRUMS = (picture._ROLE_COLOURS[r] for r in ("melody", "bass", "drums"))


def song(bars=8, title="Rain", meter="4/4"):
    length = Meter.parse(meter).bar_beats
    melody, bass, drums, chords = [], [], [], []
    for bar in range(bars):
        onset = bar * length
        melody += [Note(onset + i / 2, 72 + (bar + i) % 8, 0.45, 127) for i in range(4)]
        bass.append(Note(onset, 40, length, 127))
        drums += [Note(onset, 36, 0.25, 127), Note(onset + 1, 38, 0.25, 127)]
        chords.append(PlacedChord(onset, length, Chord.parse(SYMBOLS[bar % 4])))
    half = max(1, bars // 2)
    return Score(
        title,
        Key.parse("C minor"),
        Meter.parse(meter),
        (Tempo(0, 96),),
        bars,
        (
            Track("Flute", "melody", 73, tuple(melody)),
            Track("Acoustic bass", "bass", 32, tuple(bass)),
            Track("Standard kit", "drums", 0, tuple(drums), is_drum=True),
        ),
        tuple(chords),
        (Section("verse", "A", 0, half), Section("chorus", "B", half, bars - half)),
    )


def pixels(score, tmp_path, locale="en"):
    piano_roll(score, tmp_path / "p.png", locale)
    with Image.open(tmp_path / "p.png") as image:
        assert image.format == "PNG"
        assert image.mode == "RGB"
        return np.asarray(image).astype(int)


def where(image, colour, below=120):
    """(row, column) of the pixels of one colour under the header."""
    near = np.abs(image - np.array(colour)).sum(axis=2) < 40
    near[:below] = False
    return np.argwhere(near)


def test_notes_lie_where_the_score_says(tmp_path):
    image = pixels(song(), tmp_path)
    assert image.shape[1] == picture.WIDTH
    melody, bass = where(image, MELODY), where(image, BASS)
    drums = where(image, DRUMS, below=bass[:, 0].max())  # above it, the text is as light
    assert min(len(melody), len(bass), len(drums)) > 50
    assert melody[:, 0].max() < bass[:, 0].min() < bass[:, 0].max() < drums[:, 0].min()
    assert bass[:, 1].min() == pytest.approx(picture._LEFT, abs=3)
    assert bass[:, 1].max() == pytest.approx(picture.WIDTH - picture._RIGHT, abs=3)


def test_a_later_note_moves_right_and_a_higher_one_up(tmp_path):
    def place(onset, pitch):
        # The quiet bass and a high note hold the range still.
        notes = (Note(onset, pitch, 1.0, 127),)
        frame = Track("x", "pad", 48, (Note(0, 40, 1, 1), Note(0, 90, 1, 1)))
        score = replace(song(), tracks=(Track("Flute", "melody", 73, notes), frame))
        return where(pixels(score, tmp_path), MELODY).mean(axis=0)

    row, column = place(4, 60)
    higher, same = place(4, 72)
    level, later = place(20, 60)
    assert higher < row - 50
    assert same == pytest.approx(column, abs=1)
    assert level == pytest.approx(row, abs=1)
    beat = (picture.WIDTH - picture._LEFT - picture._RIGHT) / 32
    assert later - column == pytest.approx(16 * beat, abs=1)


def test_velocity_is_brightness(tmp_path):
    def brightness(velocity):
        track = Track("Flute", "melody", 73, (Note(0, 60, 32, velocity),))
        image = pixels(replace(song(), tracks=(track,), chords=()), tmp_path)
        return image[140:-30, 400].sum(axis=1).max()

    assert brightness(30) < brightness(80) < brightness(127)


def test_sections_that_return_share_a_colour(tmp_path):
    sections = tuple(Section("s", label, i * 2, 2) for i, label in enumerate("ABAC"))
    image = pixels(replace(song(), sections=sections), tmp_path)
    row = picture._HEADER + 4
    width = (picture.WIDTH - picture._LEFT - picture._RIGHT) / 4
    a, b, again, c = (tuple(image[row, int(picture._LEFT + (i + 0.7) * width)]) for i in range(4))
    assert a == again
    assert len({a, b, c}) == 3


@pytest.mark.parametrize("bars", [1, 4, 24, 37, 100, 300])
@pytest.mark.parametrize("meter", ["4/4", "6/8", "2/4"])
def test_any_length_fits(tmp_path, bars, meter):
    image = pixels(song(bars, meter=meter), tmp_path)
    assert image.shape[1] == picture.WIDTH
    assert image.shape[0] <= 1500
    if bars > 36:  # systems: the bass, in every bar, comes back on several lines
        rows = np.unique(where(image, BASS)[:, 0])
        assert (np.diff(rows) > 50).sum() >= 1


def test_every_track_has_its_own_colour():
    tracks = tuple(Track(str(i), "chords", i, (Note(0, 60, 1),)) for i in range(6))
    assert len(set(picture._colours(tracks).values())) == 6


@pytest.mark.parametrize(
    "title",
    [
        "雨夜里的末班车",
        "Nocturne 夜曲 №3",
        "A" * 300,
        "",
        "\x00\x07",
        "🎼🎹",
        "{0} {title}",
        "Ünïcödé",
    ],
)
def test_any_title(tmp_path, title):
    pixels(song(title=title), tmp_path)


def test_chinese_title_is_drawn_in_a_font_that_has_it(tmp_path):
    if fonts.find_chinese() is None:
        pytest.skip("no Chinese font on this machine")
    a = pixels(song(title="雨夜"), tmp_path)[:50]
    b = pixels(song(title="晴天"), tmp_path)[:50]
    assert (a != b).any()  # two boxes of "unknown" would be the same


def test_without_any_system_font(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "find_latin", lambda bold=False: None)
    monkeypatch.setattr(fonts, "find_chinese", lambda: None)
    assert fonts.Fonts().drawable("夜曲 Rain", 20) == "Rain"
    assert len(where(pixels(song(title="雨夜"), tmp_path), MELODY)) > 50


def test_empty_and_strange_scores(tmp_path):
    empty = replace(song(), tracks=(), chords=(), sections=())
    pixels(empty, tmp_path)
    strange = replace(
        song(),
        tracks=(
            Track("", "other", 0, (Note(-1, 0, 2), Note(31, 127, 50), Note(400, 60, 1))),
            Track("", "drums", 0, (Note(0, 99, 1), Note(500, 36, 1)), is_drum=True),
            Track("silent", "pad", 48),
        ),
        sections=(Section("{0}", "A", 0, 8),),
    )
    pixels(strange, tmp_path)


def test_chinese_words(tmp_path):
    assert picture._track_name(song().tracks[0], "zh") == "长笛"
    pixels(song(), tmp_path, "zh")


def test_fast_enough(tmp_path):
    score = song(32)
    pixels(score, tmp_path)
    start = time.process_time()
    piano_roll(score, tmp_path / "p.png")
    assert time.process_time() - start < 0.3

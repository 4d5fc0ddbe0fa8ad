"""The robot sings: on the note, on the beat, silent in rests, the same every time."""

import numpy as np
import pytest
from scipy.signal import resample_poly
from songs import song

from models.errors import Refusal
from models.lyrics import Line, Lyrics, Sung
from models.singing import espeak
from models.singing.song import HIGHEST, LOWEST, octave_for, sing
from models.transcriber import pitch

RATE = 48_000
needs_voice = pytest.mark.skipif(not espeak.available(), reason="pip install 'segno[sing]'")
#: From the lowest to the highest note of the voice.
TWELVE = (55, 57, 59, 60, 62, 64, 65, 67, 69, 71, 72, 74)


def level(sound: np.ndarray, start: float, end: float) -> float:
    part = sound[round(start * RATE) : round(end * RATE)]
    return float(np.sqrt(np.mean(part.astype(np.float64) ** 2)))


def tracked(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    track = pitch.track(resample_poly(sound.astype(np.float64), 147, 320))
    return np.arange(len(track.pitch)) * pitch.FRAME, track.pitch


@needs_voice
@pytest.mark.parametrize("beats", [1.0, 2.5])
def test_twelve_notes_from_low_to_high_are_in_tune(beats: float) -> None:
    words = ["the", "riv-er", "runs", "in-to", "the", "win-ter", "sea", "my", "love-ly", "friend"]
    lyrics, score = song([" ".join(words[:7]), " ".join(words[7:])], TWELVE, beats=beats)
    times, found = tracked(sing(lyrics, score, score.seconds_at, RATE))
    notes = score.tracks[0].notes
    assert len(notes) >= 12
    for note in notes:
        start, end = score.seconds_at(note.onset), score.seconds_at(note.end)
        # Settled, and before the consonants of the next syllable.
        held = (times > start + 0.1) & (times < start + 0.6 * (end - start))
        heard = found[held][~np.isnan(found[held])]
        assert len(heard) > 0.8 * held.sum()
        assert abs(float(heard.mean()) - note.pitch) < 0.1


@needs_voice
def test_a_melisma_keeps_its_vowel_and_changes_its_pitch() -> None:
    lyrics, score = song(["sing_ a-way_"], [60, 64, 67], beats=1.5)
    times, found = tracked(sing(lyrics, score, score.seconds_at, RATE))
    first, second = score.tracks[0].notes[:2]
    assert second.pitch == first.pitch + 2
    for note in (first, second):
        start = score.seconds_at(note.onset)
        held = (times > start + 0.1) & (times < start + 0.5)
        assert abs(float(np.nanmean(found[held])) - note.pitch) < 0.1
    turn = score.seconds_at(second.onset)
    assert not np.isnan(found[(times > turn - 0.1) & (times < turn + 0.1)]).any()


@needs_voice
def test_vowels_begin_with_their_notes() -> None:
    # A voiceless consonant has no pitch: the pitch begins where the vowel does.
    lyrics, score = song(
        ["see", "four", "sea", "pea", "key", "tea"], [60, 64, 62, 67, 65, 69], rest=1
    )
    times, found = tracked(sing(lyrics, score, score.seconds_at, RATE))
    late = []
    for note in score.tracks[0].notes:
        onset = score.seconds_at(note.onset)
        near = (times > onset - 0.08) & (times < onset + 0.1)
        # The last frame without pitch: a burst or a hiss may seem to have one for a moment.
        late.append(float(times[near & np.isnan(found)].max()) + pitch.FRAME - onset)
    assert max(abs(x) for x in late) < 0.04


@needs_voice
def test_as_long_as_the_audio_and_silent_in_rests() -> None:
    lyrics, score = song(["stars be-gin", "to fall"], [64, 65, 67], rest=6)
    sound = sing(lyrics, score, score.seconds_at, RATE, seconds=20.5)
    assert sound.dtype == np.float32
    assert len(sound) == round(20.5 * RATE)
    voice = level(sound, score.seconds_at(4), score.seconds_at(7))
    again = score.seconds_at(lyrics.lines[1].sung[0].onset)
    rest = score.seconds_at(7) + 0.2
    assert level(sound, rest, again - 1) < 1e-4 * voice
    breath = level(sound, again - 0.5, again - 0.2)
    assert 0 < breath < 0.1 * voice
    assert level(sound, score.seconds_at(4 + 3 + 6 + 2) + 0.2, 20.5) < 1e-4 * voice
    assert np.abs(sound).max() < 1


@needs_voice
def test_the_same_words_sound_the_same() -> None:
    lyrics, score = song(["rain and fire"], [60, 62, 64])
    one = sing(lyrics, score, score.seconds_at, RATE)
    other, elsewhere = song(["snow on snow"], [67])
    sing(other, elsewhere, elsewhere.seconds_at, RATE)
    assert np.array_equal(one, sing(lyrics, score, score.seconds_at, RATE))


@needs_voice
def test_a_first_note_without_room_before_it_is_sung() -> None:
    lyrics, score = song(["stones"], [60], first=0.0)
    times, found = tracked(sing(lyrics, score, score.seconds_at, RATE))
    assert 0 <= times[~np.isnan(found)].min() < 0.08


@needs_voice
def test_fast_notes_keep_their_vowels() -> None:
    lyrics, score = song(["strength splits twelfths"], [60, 64, 67], beats=0.5, bpm=120)
    times, found = tracked(sing(lyrics, score, score.seconds_at, RATE))
    for note in score.tracks[0].notes:
        at = score.seconds_at(note.onset) + 0.06
        heard = found[(times > at - 0.02) & (times < at + 0.02)]
        assert abs(float(np.nanmean(heard)) - note.pitch) < 0.5


@needs_voice
def test_words_with_more_notes_than_vowels_and_fewer() -> None:
    lyrics, score = song(["ho-o-o-ome evening-tide"], [60, 62, 64, 65, 67, 69])
    sound = sing(lyrics, score, score.seconds_at, RATE)
    for note in score.tracks[0].notes:
        assert level(sound, score.seconds_at(note.onset), score.seconds_at(note.end)) > 0.02


@needs_voice
def test_chinese_and_words_off_the_melody_are_refused() -> None:
    lyrics, score = song(["stones"], [60])
    with pytest.raises(Refusal, match="English only"):
        sing(Lyrics("诗", "zh", lyrics.lines), score, score.seconds_at, RATE)
    off = Line("stones", 0, (Sung("stones", 100.0, 101.0),))
    with pytest.raises(Refusal, match="no note"):
        sing(Lyrics("x", "en", (off,)), score, score.seconds_at, RATE)
    nothing = Line("…", 0, (Sung("…", 4.0, 5.0),))
    with pytest.raises(Refusal, match="no letters"):
        sing(Lyrics("x", "en", (nothing,)), score, score.seconds_at, RATE)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "find_spec", lambda name: None)
    lyrics, score = song(["stones"], [60])
    assert not espeak.available()
    with pytest.raises(Refusal, match=r"pip install 'segno\[sing\]'"):
        sing(lyrics, score, score.seconds_at, RATE)


@pytest.mark.parametrize("low", [24, 43, 60, 84, 96])
def test_any_octave_is_brought_into_the_voice(low: int) -> None:
    notes = [(1.0, low + step) for step in (0, 4, 7, 12)]
    shift = octave_for(notes)
    assert shift % 12 == 0
    middle = low + 6 + shift
    assert LOWEST - 1 <= middle <= HIGHEST + 1


def test_an_octave_that_fits_stays() -> None:
    assert octave_for([(1.0, 60), (1.0, 72)]) == 0

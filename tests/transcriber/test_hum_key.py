import pytest

from models.theory import Key
from models.transcriber import habits
from models.transcriber.evaluation.cases import load_tunes
from models.transcriber.key import find_meant, key_by_sound

TUNES = {t.id: t for t in load_tunes()}


def _sung(name, up=0, off=None):
    tune = TUNES[name]
    off = off or {}
    pitches = [p + up + off.get(i, 0.0) for i, (_, _, p) in enumerate(tune.notes)]
    lengths = [float(size) for _, size, _ in tune.notes]
    return pitches, lengths, [float(on) for on, _, _ in tune.notes]


@pytest.mark.parametrize(
    ("name", "up", "key"),
    [
        ("twinkle", 2, "D major"),
        ("ode_to_joy", -5, "G major"),
        ("kalinka", 0, "C minor"),
        ("god_rest_ye", 4, "E minor"),
    ],
)
def test_keys_of_known_tunes(name, up, key):
    assert str(find_meant(*_sung(name, up), habits.load()).key) == key


def test_a_note_between_two_semitones_goes_to_the_scale():
    # The seventh note of "twinkle" is G; sung 55 cents sharp it is nearer to G sharp.
    pitches, lengths, onsets = _sung("twinkle", off={6: 0.55})
    meant = find_meant(pitches, lengths, onsets, habits.load())
    assert meant.pitches[6] == 67


def test_a_given_key_is_kept():
    found = find_meant(*_sung("twinkle"), habits.load(), Key("A", "minor"))
    assert str(found.key) == "A minor"
    with pytest.raises(ValueError, match="no notes"):
        find_meant([], [], [], habits.load())


def test_key_by_sounding_time():
    key, sure = key_by_sound((60, 64, 67, 65, 69, 72, 67, 71, 74, 60), (1.0,) * 10)
    assert str(key) == "C major"
    assert 0 < sure <= 1

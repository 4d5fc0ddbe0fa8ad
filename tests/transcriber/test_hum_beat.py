import numpy as np
import pytest

from models.score import Meter
from models.transcriber import habits
from models.transcriber.beat import find_rhythm
from models.transcriber.evaluation.cases import load_tunes

TUNES = {t.id: t for t in load_tunes()}


def _timed(name, bpm, jitter=0.0, drift=0.0):
    """Onsets, pitch classes and steps; the tempo grows by `drift` as a share."""
    tune = TUNES[name]
    steps = [on for on, _, _ in tune.notes]
    lengths = 15 / bpm / np.linspace(1, 1 + drift, steps[-1] + 1)
    at = np.concatenate([[0.0], np.cumsum(lengths)])[steps] + 1.0
    rng = np.random.default_rng(4)
    return at + rng.normal(0, jitter, len(at)), [p % 12 for _, _, p in tune.notes], steps


@pytest.mark.parametrize(
    ("name", "bpm"), [("frere_jacques", 104), ("amazing_grace", 92), ("row_your_boat", 140)]
)
def test_tempo_meter_and_pickup(name, bpm):
    onsets, degrees, steps = _timed(name, bpm, jitter=0.02)
    found = find_rhythm(onsets, habits.load(), degrees=degrees)
    assert str(found.meter) == TUNES[name].meter
    assert found.bpm == pytest.approx(bpm, rel=0.03)
    assert list(found.steps) == steps


def test_a_tempo_that_grows_by_a_tenth_is_followed():
    onsets, degrees, steps = _timed("ode_to_joy", 100, jitter=0.015, drift=0.1)
    found = find_rhythm(onsets, habits.load(), degrees=degrees, meter=Meter(4, 4))
    assert [s - found.steps[0] for s in found.steps] == [s - steps[0] for s in steps]


def test_what_a_person_says_about_tempo_and_meter_is_kept():
    onsets, _, _ = _timed("twinkle", 100)
    twice = find_rhythm(onsets, habits.load(), meter=Meter(2, 4), bpm=200)
    assert str(twice.meter) == "2/4"
    assert twice.bpm == pytest.approx(200, rel=0.03)


def test_too_little_and_unknown_meters_are_errors():
    with pytest.raises(ValueError, match="two onsets"):
        find_rhythm([1.0], habits.load())
    with pytest.raises(ValueError, match="no habits"):
        find_rhythm([1.0, 2.0], habits.load(), meter=Meter(7, 8))

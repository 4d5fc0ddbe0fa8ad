"""Onsets are followed back to where the pitch starts to sound."""

import numpy as np

from models.transcriber.onsets import with_early_onsets
from models.transcriber.pitch import RATE, Floats
from models.transcriber.segment import SungNote


def _swelling(attack: float) -> Floats:
    """A low note that fades from 1 s on while another swells, two seconds."""
    time = np.arange(2 * RATE) / RATE
    first = np.sin(2 * np.pi * 220 * time) * np.clip((1.12 - time) / 0.12, 0, 1)
    second = np.sin(2 * np.pi * 330 * time) * np.clip((time - 1) / attack, 0, 1)
    return np.asarray(0.4 * first + 0.4 * second)


def test_a_note_that_swells_under_the_one_before_begins_earlier() -> None:
    notes = (SungNote(0.2, 1.07, 57.0), SungNote(1.07, 1.9, 64.02))
    first, second = with_early_onsets(notes, _swelling(0.1), 0.0)
    assert abs(second.onset - 1.0) < 0.03
    assert first.onset == 0.2
    assert first.offset <= second.onset


def test_what_sounds_steadily_is_left_alone() -> None:
    time = np.arange(RATE) / RATE
    notes = (SungNote(0.5, 0.9, 69.0),)
    assert with_early_onsets(notes, 0.3 * np.sin(2 * np.pi * 440 * time), 0.0) == notes

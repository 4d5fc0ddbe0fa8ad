import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Refusal
from models.score import Meter, Note
from models.theory import Key
from models.transcriber.text import from_text, to_text


def test_a_tune_as_text():
    notes = (Note(3.0, 67, 1.0), Note(4.0, 72, 2.0), Note(6.5, 70, 2.5))
    text = to_text(notes, Meter(4, 4), Key("F"))
    assert text == "r:3 G4:1 | C5:2 r:0.5 Bb4:1.5~ | Bb4:1 r:3"
    assert [(n.onset, n.pitch, n.duration) for n in from_text(text, Meter(4, 4))] == [
        (3.0, 67, 1.0),
        (4.0, 72, 2.0),
        (6.5, 70, 2.5),
    ]


def test_octaves_belong_to_the_letter():
    text = to_text((Note(0.0, 59, 1.0),), Meter(), Key("Gb"))
    assert text.startswith("Cb4:1")
    assert from_text(text, Meter())[0].pitch == 59


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 20), st.integers(30, 90)), min_size=1),
       st.sampled_from(["4/4", "3/4", "6/8", "2/4"]))  # fmt: skip
def test_text_and_back(rows, meter):
    notes, at = [], 0
    for rest, size, pitch in rows:
        at += rest
        notes.append(Note(at / 4, pitch, size / 4, 80))
        at += size
    text = to_text(notes, Meter.parse(meter), Key("D"))
    if len(text) <= 4000:
        assert list(from_text(text, Meter.parse(meter))) == notes


@pytest.mark.parametrize("text", ["C4:5 |", "H4", "C4:1 x", "", "r:4 | r:4", "C4:1 " * 2000, "B#9"])
def test_what_is_no_tune_is_refused(text):
    with pytest.raises(Refusal):
        from_text(text, Meter())


def test_a_slip_in_one_bar_moves_nothing_else():
    notes = from_text("C4:1 | D4", Meter())
    assert [n.onset for n in notes] == [0.0, 4.0]

"""The messages the listener learns from: what they hold, and that they can be written again."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from models.listener.frames import INTENTS, SLOTS
from models.listener.grammar import by_hand, generate, read
from models.listener.noise import Piece, roughen

MANY = 10_000


@pytest.fixture(scope="module")
def written():
    return tuple(generate(11, MANY))


def slots(said):
    return [pair for frame in said.frames for pair in frame.slots]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_intent_and_slot_occurs(written, language):
    for some in (written, by_hand()):
        own = [said for said in some if said.language == language]
        assert {frame.intent for said in own for frame in said.frames} == set(INTENTS)
    counts = Counter(
        name for said in written if said.language == language for name, _ in slots(said)
    )
    assert set(counts) == set(SLOTS)
    assert min(counts.values()) >= 20


def test_every_slot_occurs_by_hand():
    assert {name for said in by_hand() for name, _ in slots(said)} == set(SLOTS)


def test_gold_words_stand_in_the_text_in_their_order(written):
    for said in (*written, *by_hand()):
        assert said.frames, said
        at = 0
        for _, words in slots(said):
            assert words and words == words.strip(), said
            at = said.text.index(words, at) + len(words)


def test_the_same_seed_writes_the_same_messages(written):
    assert tuple(generate(11, 300)) == written[:300]
    assert tuple(generate(12, 300)) != written[:300]


def test_few_messages_are_written_twice(written):
    assert len({said.text for said in written}) > 0.98 * MANY
    assert len({said.text for said in by_hand()}) == len(by_hand())


def test_both_languages_and_messages_of_several_actions(written):
    languages = Counter(said.language for said in written)
    assert 0.3 < languages["zh"] / MANY < 0.45
    assert {len(said.frames) for said in written} == {1, 2, 3, 4}
    assert sum(len(said.frames) > 1 for said in written) > 0.2 * MANY


def test_no_mark_is_left_in_a_text(written):
    for said in (*written, *by_hand()):
        assert not set("[]{}|$") & set(said.text.replace(" | ", "")), said


def test_a_marked_message_is_read_frame_by_frame():
    intents, pieces = read("@undo go back, @edit then [faster](pace)")
    assert intents == ("undo", "edit")
    assert pieces == (Piece("go back, ", "", 0), Piece("then ", "", 1), Piece("faster", "pace", 1))
    with pytest.raises(ValueError, match="no intent"):
        read("go back")


def test_noise_keeps_slots_and_never_empties_a_message():
    quiet = {"abbreviated": 0, "tailed": 0, "swapped": 0, "typos": 1}
    rough = [roughen((Piece("???", "", 0),), "en", quiet, random.Random(n)) for n in range(50)]
    assert all("".join(piece.words for piece in some) for some in rough)
    pieces = (Piece("make it ", "", 0), Piece("faster", "pace", 0))
    assert all(
        [p.slot for p in roughen(pieces, "en", quiet, random.Random(n)) if p.slot] == ["pace"]
        for n in range(50)
    )

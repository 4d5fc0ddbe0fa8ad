"""From drafts to labelled words; what is held out stays out."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from models.listener import data as sets
from models.listener import evaluate
from models.listener.grammar import Draft, drafts, drafts_by_hand, joins, read
from models.listener.words import runs


def draft(marked, language="en"):
    return Draft(language, *read(marked))


def slots(example):
    return [
        (name, example.text[example.words[a].start : example.words[b - 1].end])
        for a, b, name in runs(example.tags)
    ]


def test_labels_stand_on_the_pieces_and_joining_words_go_to_the_second():
    example = sets.of_draft(
        draft("@compose a [sad](mood) [waltz](style) and @lyrics then words about [rain](theme)")
    )
    assert slots(example) == [("mood", "sad"), ("style", "waltz"), ("theme", "rain")]
    assert example.intents == ("compose", "lyrics")
    assert [example.words[at].text for at in example.starts] == ["a", "and"]


def test_the_same_words_twice_keep_their_own_slots():
    example = sets.of_draft(draft("@edit no [piano](without) but [piano](part) louder"))
    assert slots(example) == [("without", "piano"), ("part", "piano")]


def test_nearly_every_message_becomes_its_gold_slots():
    whole = 0
    messages = (*drafts_by_hand(), *drafts(4, 500))
    for message in messages:
        example = sets.of_draft(message)
        gold = [(p.slot, p.words) for p in message.pieces if p.slot]
        whole += example is not None and slots(example) == gold
    assert whole > 0.99 * len(messages)


def test_held_out_messages_are_not_trained_on():
    training, held = sets.by_hand()
    assert 0.1 < len(held) / (len(held) + len(training)) < 0.2
    assert not {d.said().text for d in training} & {d.said().text for d in held}
    assert sets.held_out("make it faster") == sets.held_out(" make it faster ")


@pytest.mark.parametrize("name", list(evaluate.TESTS))
def test_no_test_message_is_trained_on(name):
    test = {said.text.strip() for said in evaluate.test_messages(name)}
    training, held = sets.by_hand()
    assert len({draft.said().text for draft in (*training, *held)} & test) == 0


def test_varied_messages_keep_their_frames_and_slot_names():
    rng = random.Random(1)
    messages = drafts_by_hand()[:200]
    words = sets.pool(messages)
    for message in messages:
        other = sets.varied(message, words, rng)
        assert other.intents == message.intents
        named = [p.slot for p in message.pieces if p.slot]
        assert [p.slot for p in other.pieces if p.slot] == named


def test_chained_messages_hold_all_their_frames():
    rng = random.Random(2)
    some = [d for d in drafts_by_hand() if d.language == "en"]
    for _ in range(50):
        chain = sets.chained(some, joins(), rng)
        example = sets.of_draft(chain)
        assert example is None or len(example.starts) == len(chain.intents) >= 2


def test_half_marked_words_are_open():
    example = sets.of_draft(draft("@recommend bands like [the owls](artist) please"))
    half = sets.half_marked(example, ("artist", "work"))
    assert half.tags == ("?", "?", "B-artist", "I-artist", "?")
    assert replace(half, tags=example.tags, closed=()) == example


def test_public_sets_are_read(data_dir):
    train, test = sets.snips(data_dir, "train"), sets.snips(data_dir, "validate")
    assert (len(train), len(test)) == (13784, 700)
    assert len({intent for intent, _ in train}) == 7
    fold = sets.music_reco(data_dir, 2, "test")
    assert len(fold) == 600
    assert {name for e in fold for *_, name in runs(e.tags)} == {"artist", "work"}
    others = sets.strangers(data_dir, random.Random(0), 50)
    assert {e.intents for e in others} == {("other",)}

"""Estimates for words no dictionary has, on words kept back and on hymns."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hymn_words import hymn_words

from models.lyricist.g2p import load_speller
from models.lyricist.g2p_learn import held_out, plain, spelled_words
from models.lyricist.pronounce import load, reading_of


def test_chances_after_any_context_sum_to_one() -> None:
    speller = load_speller()
    first = speller.spelling["th"][0]
    for context in ((), (speller.start,), (speller.start, first), (first, first, first)):
        total = sum(speller.probability(context, unit) for unit in range(len(speller.phones)))
        assert total == pytest.approx(1.0)


@pytest.mark.parametrize("word", ["glimmerwood", "brightening", "zorblax", "q", "aaaa", "shh"])
def test_every_spelling_has_a_reading_with_one_main_stress(word: str) -> None:
    for phones in load_speller().guess(word):
        assert reading_of(phones).stresses.count(1) == 1


def test_words_kept_back() -> None:
    """A sample of the 5 % of CMUdict (names and all) that nothing was learned from."""
    words = [word for word, _ in spelled_words() if held_out(word)]
    sample = random.Random(2).sample(words, 300)
    same = with_stress = count = 0
    for word in sample:
        guess, listed = load_speller().guess(word)[0], load().listed(word)
        same += plain(guess) in map(plain, listed)
        with_stress += guess in listed
        count += reading_of(guess).syllables in load().counts(word)
    shares = (f"{right / 300:.3f}" for right in (same, with_stress, count))
    print("phones {}, with stress {}, syllables {}".format(*shares))
    assert same > 0.62 * 300
    assert with_stress > 0.53 * 300
    assert count > 0.93 * 300


def test_unlisted_words_of_hymns(data_dir: Path) -> None:
    """The GRU of g2p_en has 80.8 % of these words' counts right (83.5 % in notes/language.md)."""
    words = {
        ("".join(pieces), len(pieces))
        for pieces in hymn_words(data_dir, "test")
        if not load().known("".join(pieces))
    }
    right = sum(load().readings(word)[0].syllables == sung for word, sung in words)
    print(f"{right} of {len(words)} unlisted words: {right / len(words):.3f}")
    assert right > 0.86 * len(words)

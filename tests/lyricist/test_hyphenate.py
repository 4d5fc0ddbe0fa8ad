"""Letters under notes: hard words, what always holds, and people's own hyphens."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hymn_words import hymn_words

from models.lyricist.hyphenate import split
from models.lyricist.pronounce import load


@pytest.mark.parametrize(
    "printed",
    [
        "win-ter", "heav-en", "a-ma-zing", "hap-py", "Ev-ery", "ev-'ry", "fa-ther", "chil-dren",
        "sing-ing", "lit-tle", "peo-ple", "gen-tle", "beau-ti-ful", "some-thing", "might-y",
        "a-rise", "has-ten", "run-ning", "bless-ed", "re-mem-ber", "to-geth-er", "lone-ly",
        "king-dom", "mas-ter", "be-yond", "pow-er", "Is-ra-el", "dream-in'", "sum-mer's",
        "moun-tain", "morn-ing", "al-le-lu-ia", "with-out", "for-ev-er", "plea-sure", "an-gel",
    ],
)  # fmt: skip
def test_split_as_printed(printed: str) -> None:
    pieces = printed.split("-")
    assert split("".join(pieces), len(pieces)) in (tuple(pieces), *OTHERWISE.get(printed, ()))


#: Words that dictionaries and hymnals part in two ways, both of them common.
OTHERWISE = {
    "a-ma-zing": (("a", "maz", "ing"),),
    "to-geth-er": (("to", "ge", "ther"),),
    "be-yond": (("bey", "ond"),),
    "plea-sure": (("pleas", "ure"),),
}


def test_elided_word_stays_whole() -> None:
    assert split("Heaven,", 1) == ("Heaven,",)
    assert split("pow'r", 1) == ("pow'r",)


def test_hyphens_and_marks_stay() -> None:
    assert split("Never-ending!", 4) == ("Nev", "er-", "end", "ing!")
    assert split("o'clock", 2) == ("o'", "clock")


def test_impossible_count_is_said() -> None:
    with pytest.raises(ValueError, match="cannot be sung on 5"):
        split("winter", 5)


def test_pieces_join_and_count() -> None:
    """Any listed or estimated word, on every count it can be sung with."""
    words = [word for word in load().words() if word.isalpha() and len(word) > 3]
    for word in [*random.Random(4).sample(words, 3000), "glimmerwoodish", "xylotropic"]:
        for count in load().counts(word):
            pieces = split(word, count)
            assert "".join(pieces) == word
            assert len(pieces) == count
            assert all(pieces)


def test_hymnal_splits(data_dir: Path) -> None:
    """People agree with their own majority in 95 %; every human split of a word counts as one."""
    splits: dict[tuple[str, int], Counter[tuple[str, ...]]] = defaultdict(Counter)
    for pieces, times in hymn_words(data_dir, "test").items():
        word = "".join(pieces)
        if len(pieces) > 1 and len(pieces) in load().counts(word):
            splits[word, len(pieces)][pieces] += times
    same = sum(found[split(word, count)] for (word, count), found in splits.items())
    total = sum(found.total() for found in splits.values())
    print(f"{same} of {total} sung words split as printed: {same / total:.3f}")
    assert same / total > 0.80


def test_an_abbreviation_has_fewer_letters_than_sounds() -> None:
    assert split("Mr.", 2) == ("M", "r.")

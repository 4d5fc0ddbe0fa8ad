"""What rhymes, what nearly does, and how often poets and chance agree with that."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from models.lyricist.corpus import split_of
from models.lyricist.pronounce import Reading, load
from models.lyricist.rhyme import perfect, rhyme_key, slant, slant_key, tails

Rule = Callable[[Reading, Reading], bool]


def holds(rule: Rule, a: str, b: str) -> bool:
    return any(rule(x, y) for x in load().readings(a) for y in load().readings(b))


PERFECT = """light night, misery free, lullaby sky, rainbow go, tender slender, near clear,
power hour, bright right, play lay, poor door, calling falling, heaven seven, fire desire,
glittering frittering, wandering sing, daylight night, victory eternity, sorrow borrow"""
NOT_PERFECT = """rain reign, light light, light delight, love move, happy free, time mine,
given heaven, night nights, stone sun, wind wine, see say"""
SLANT = """time mine, ease peace, given heaven, love move, come home, sent confident, sea infancy,
blood wood, beneath death, sword word"""
NOT_SLANT = "light dark, rain reign, plan know, light line, cat hot-dog, day pain, see free"


def pairs(text: str) -> list[str]:
    return [" ".join(pair.split()) for pair in text.split(",")]


@pytest.mark.parametrize("pair", pairs(PERFECT))
def test_perfect(pair: str) -> None:
    a, b = pair.split()
    assert holds(perfect, a, b)
    assert holds(perfect, b, a)
    both = [(x, y) for x in load().readings(a) for y in load().readings(b) if perfect(x, y)]
    assert not any(slant(x, y) for x, y in both)


@pytest.mark.parametrize("pair", pairs(NOT_PERFECT))
def test_not_perfect(pair: str) -> None:
    assert not holds(perfect, *pair.split())


@pytest.mark.parametrize("pair", pairs(SLANT))
def test_slant(pair: str) -> None:
    a, b = pair.split()
    assert holds(slant, a, b)
    assert holds(slant, b, a)


@pytest.mark.parametrize("pair", pairs(NOT_SLANT))
def test_not_slant(pair: str) -> None:
    assert not holds(slant, *pair.split())


def test_keys_gather_what_rhymes() -> None:
    """Any two of 350 words: a family rhymes unless the onset is the same; slants share a bucket."""
    words = [word for word in load().words() if word.isalpha()]
    readings = [load().readings(word)[0] for word in random.Random(1).sample(words, 350)]
    found = [(a, b) for a in readings for b in readings if a is not b]
    family = [(a, b) for a, b in found if rhyme_key(a) == rhyme_key(b)]
    assert len(family) > 50
    for a, b in family:
        assert perfect(a, b) == (tails(a)[0].before != tails(b)[0].before)
    near = [(a, b) for a, b in found if slant(a, b)]
    assert near
    assert all(slant_key(a) == slant_key(b) for a, b in near)


def test_poets_and_chance(data_dir: Path) -> None:
    """Books kept back. `labelled` pairs were found by a program on CMUdict: perfect by making.

    `expected` pairs were not: in eight lines whose first half is ABAB or AABB and whose second half
    rhymes in one pair, the other pair should rhyme; some 5 % do not at all, the scheme changes.
    """
    labelled, expected, ends = rhymes(data_dir)
    shares = {}
    for name, found in (("labelled", labelled), ("expected", expected)):
        full = sum(holds(perfect, *pair) for pair in found) / len(found)
        both = sum(holds(perfect, *pair) or holds(slant, *pair) for pair in found) / len(found)
        shares[name] = (full, both)
        print(f"{name}: {len(found)} pairs, perfect {full:.3f}, with slant {both:.3f}")
    rng = random.Random(3)
    chance = [(rng.choice(ends), rng.choice(ends)) for _ in range(12_000)]
    false = sum(holds(slant, a, b) for a, b in chance if a != b) / len(chance)
    print(f"slant by chance {false:.4f}")
    assert shares["labelled"][1] > 0.99
    assert shares["expected"][0] > 0.84
    assert shares["expected"][1] > 0.89
    assert false < 0.01


def rhymes(data: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[str]]:
    labelled, expected, ends = [], [], []
    for text in (data / "verse" / "stanzas.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        if split_of(f"{row['author']}: {row['book']}") != "test":
            continue
        scheme, words = row["scheme"], [word.lower() for word in row["rhyme_words"]]
        ends.extend(words)
        for last in range(len(words)):
            for first in range(last):
                if scheme[first] == scheme[last] and words[first] != words[last]:
                    labelled.append((words[first], words[last]))
        for (a, b), (c, d) in HALVES.get(form(scheme), ()):
            if scheme[a] == scheme[b] and words[c] != words[d]:
                expected.append((words[c], words[d]))
    return labelled, expected, ends


def form(scheme: str) -> str:
    if len(scheme) != 8:
        return ""
    if scheme[0] == scheme[2] != scheme[1] == scheme[3]:
        return "ABAB"
    return "AABB" if scheme[0] == scheme[1] != scheme[2] == scheme[3] else ""


HALVES = {
    "ABAB": (((4, 6), (5, 7)), ((5, 7), (4, 6))),
    "AABB": (((4, 5), (6, 7)), ((6, 7), (4, 5))),
}

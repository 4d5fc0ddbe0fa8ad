"""Learns how English is spelled from CMUdict: `python -m models.lyricist.g2p_learn`.

In: the vendored dictionary, 95 % of it. Out: `lexicon_data/letters.txt`, how often some letters
spell some phones, and `lexicon_data/graphones.npz.xz`, counts of runs of such pairs for `g2p`
(Bisani & Ney 2008; counts of the lower orders are Kneser-Ney's: of different contexts).
"""

from __future__ import annotations

import io
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from models.lyricist.align import DATA, VOWELS, Costs, Pair, align
from models.lyricist.elide import Phones
from models.lyricist.g2p import BITS, ORDER, pack
from models.lyricist.pronounce import load

#: Runs of these lengths are kept from this count on; shorter ones all.
LEAST = {4: 2, 5: 2, 6: 2}
#: A pair of letters and phones seen less often is a slip of the dictionary, or a foreign name.
LEAST_UNIT = 5
ROUNDS = 5
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def held_out(word: str) -> bool:
    """Whether a word belongs to the 5 % never learned from."""
    return sha256(word.encode()).digest()[0] < 13


def spelled_words() -> Iterator[tuple[str, Phones]]:
    """Every listed word of letters only, with its first pronunciation."""
    pronouncer = load()
    for word in pronouncer.words():
        phones = pronouncer.listed(word)[0]
        if word.isalpha() and len(word) > 1 and len(phones) <= 2 * len(word):
            yield word, phones


def first_costs() -> Costs:
    """Where training starts: vowel letters spell vowels, consonants spell consonants."""
    counts: dict[Pair, float] = {}
    phones = [
        *VOWELS,
        *[
            "B",
            "CH",
            "D",
            "DH",
            "F",
            "G",
            "HH",
            "JH",
            "K",
            "L",
            "M",
            "N",
            "NG",
            "P",
            "R",
            "S",
            "SH",
            "T",
            "TH",
            "V",
            "W",
            "Y",
            "Z",
            "ZH",
        ],
    ]
    for letter in LETTERS:
        counts[letter, ()] = 1.0
        for phone in phones:
            same = (letter in "aeiouy") == (phone in VOWELS)
            counts[letter, (phone,)] = 10.0 if same else 0.05
            for other in phones:
                counts[letter, (phone, other)] = 0.002
            for second in LETTERS:
                counts[letter + second, (phone,)] = 0.2 if same else 0.002
    return Costs(counts)


def plain(phones: Phones) -> Phones:
    """Phones without their stress digits."""
    return tuple(phone.rstrip("012") for phone in phones)


def learn_costs(words: Sequence[tuple[str, Phones]]) -> Counter[Pair]:
    """Counts of letter-phone pairs on the best paths, after some rounds of Viterbi training."""
    costs = first_costs()
    for round_ in range(ROUNDS):
        part = words if round_ == ROUNDS - 1 else words[::8]
        counts = Counter(
            pair for word, phones in part for pair in align(word, plain(phones), costs)
        )
        counts = Counter({pair: n for pair, n in counts.items() if n > 1})
        costs = Costs(counts)
    return counts


def marked_pairs(word: str, phones: Phones, costs: Costs) -> list[str]:
    """A word as units "sh:SH", "oo:UW1" with stresses, between a start and an end."""
    units, at = ["<"], 0
    for letters, sounds in align(word, plain(phones), costs):
        units.append(f"{letters}:{'+'.join(phones[at : at + len(sounds)])}")
        at += len(sounds)
    return [*units, ">"]


def count_runs(texts: Iterable[list[int]]) -> list[Counter[int]]:
    """Kneser-Ney counts of runs of 1 to ORDER units, each run packed into one integer.

    The count of a short run is the number of units seen before it; a run at a word's start has
    nothing before it and keeps its plain count.
    """
    runs: list[Counter[int]] = [Counter() for _ in range(ORDER)]
    for units in texts:
        for end in range(1, len(units)):
            for length in range(1, min(ORDER, end + 1) + 1):
                runs[length - 1][pack(units[end - length + 1 : end + 1])] += 1
    start = 0  # the number of "<"
    for length in range(1, ORDER):
        mask = (1 << BITS * length) - 1
        contexts = Counter(run & mask for run in runs[length])
        for run in runs[length - 1]:
            if run >> BITS * (length - 1) != start or length == 1:
                runs[length - 1][run] = contexts[run]
    return runs


def learn() -> None:
    """Write both files anew."""
    words = [(word, phones) for word, phones in spelled_words() if not held_out(word)]
    counts = learn_costs(words)
    lines = [
        " ".join((letters, str(count), *phones))
        for (letters, phones), count in sorted(counts.items())
    ]
    (DATA / "letters.txt").write_text("\n".join(lines) + "\n")
    costs = Costs(counts)
    texts = [marked_pairs(word, phones, costs) for word, phones in words]
    common = Counter(unit for text in texts for unit in text)
    units = ["<", ">", *sorted(u for u, n in common.items() if n >= LEAST_UNIT and u not in "<>")]
    number = {unit: at for at, unit in enumerate(units)}
    kept = [text for text in texts if all(unit in number for unit in text)]
    arrays: dict[str, Any] = {"units": np.array(" ".join(units))}
    for length, counter in enumerate(count_runs([number[u] for u in text] for text in kept), 1):
        runs = sorted(run for run, n in counter.items() if n >= LEAST.get(length, 1))
        arrays[f"runs{length}"] = np.diff(np.array(runs, dtype=np.int64), prepend=0)
        arrays[f"counts{length}"] = np.array([counter[run] for run in runs], dtype=np.int32)
    file = io.BytesIO()
    np.savez(file, **arrays)
    packed = lzma.compress(file.getvalue(), preset=9 | lzma.PRESET_EXTREME)
    (DATA / "graphones.npz.xz").write_bytes(packed)


if __name__ == "__main__":
    learn()

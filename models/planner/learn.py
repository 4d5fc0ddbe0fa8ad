"""Count how chords follow each other, and say how well the counts predict songs never seen.

In: a data folder (see `corpora`). Out: `harmony.json.gz`, the counts of the nine tenths of the
songs that are not held out, and perplexities on the held-out tenth. The commands are
`python -m bot train harmony --data DIR` and `python -m bot bench harmony --data DIR`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.planner.corpora import Song, read_all
from models.planner.harmony import POSITION_POWER, START, Counts, mixed, shipped

#: Rhythms kept for each number of pulses in a bar.
_RHYTHMS = 24
CORPORA = ("pop909", "nottingham", "openewld", "swing", "latin", "blues", "chorales")


def held_out(song: Song) -> bool:
    """Whether a song is kept for testing: one in ten, by its name without the key segment."""
    name = f"{song.corpus}/{song.name.split('.')[0]}"
    return hashlib.sha256(name.encode()).digest()[0] % 10 == 0


def bar_of_phrase(song: Song, onset: float) -> int:
    """Bar 0..3 of the four-bar phrase, counted from the start of the section."""
    start = max((e for e in song.ends if e <= onset + 1e-6), default=0.0)
    return int((onset - start + 1e-6) // song.bar_beats) % 4


def rhythm_masks(song: Song) -> Iterable[int]:
    """Chord onsets over each four bars as bits, one per pulse; silent phrases are left out."""
    pulses = round(song.bar_beats / song.pulse)
    if pulses not in (2, 3, 4):
        return
    span = 4 * song.bar_beats
    phrases: dict[int, int] = defaultdict(int)
    for onset, _ in song.events:
        phrases[int(onset // span)] |= 1 << int((onset % span) / song.pulse + 1e-6)
    yield from phrases.values()


def count(songs: Sequence[Song]) -> dict[str, list[int]]:
    """Counts of one corpus in one mode, as flat rows of integers (`harmony.mixed` reads them)."""
    trigrams: Counter[tuple[int, ...]] = Counter()
    once: Counter[tuple[int, ...]] = Counter()  # each song counted once
    position: Counter[tuple[int, ...]] = Counter()
    cadences: Counter[tuple[int, ...]] = Counter()
    rhythms: Counter[tuple[int, ...]] = Counter()
    for song in songs:
        tokens = [START, START, *(token for _, token in song.events)]
        own = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
        trigrams.update(own)
        once.update(set(own))
        position.update((bar_of_phrase(song, onset), token) for onset, token in song.events)
        for end in song.ends:
            before = [token for onset, token in song.events if onset < end]
            if len(before) >= 2:
                cadences[before[-2], before[-1]] += 1
        pulses = round(song.bar_beats / song.pulse)
        rhythms.update((pulses, mask) for mask in rhythm_masks(song))
    usual: Counter[tuple[int, ...]] = Counter()
    for pulses in (2, 3, 4):
        beat = Counter({k: n for k, n in rhythms.items() if k[0] == pulses})
        usual.update(dict(beat.most_common(_RHYTHMS)))
    flat = {"position": position, "cadences": cadences, "rhythms": usual}
    rows = {
        name: [v for row, n in sorted(c.items()) for v in (*row, n)] for name, c in flat.items()
    }
    rows["trigrams"] = [v for row, n in sorted(trigrams.items()) for v in (*row, n, once[row])]
    return rows


def learn(songs: Iterable[Song]) -> dict[str, dict[str, dict[str, list[int]]]]:
    """Counts of every corpus and mode."""
    groups: dict[tuple[str, str], list[Song]] = defaultdict(list)
    for song in songs:
        groups[song.corpus, song.mode].append(song)
    return {c: {m: count(groups[c, m]) for m in ("major", "minor")} for c in CORPORA}


def log_probabilities(model: Counts, song: Song) -> dict[str, list[float]]:
    """Natural log of the probability of each chord of a song, by model."""
    out: dict[str, list[float]] = {"unigram": [], "bigram": [], "trigram": [], "placed": []}
    a = b = START
    for onset, c in song.events:
        placed = model.trigram[a, b] * model.lift[bar_of_phrase(song, onset)] ** POSITION_POWER
        out["unigram"].append(float(np.log(model.unigram[c])))
        out["bigram"].append(float(np.log(model.bigram[b, c])))
        out["trigram"].append(float(np.log(model.trigram[a, b, c])))
        out["placed"].append(float(np.log(placed[c] / placed.sum())))
        a, b = b, c
    return out


def evaluate(
    corpora: Mapping[str, Any], test: Sequence[Song]
) -> list[tuple[str, int, int, dict[str, float]]]:
    """(table, songs, chords, perplexity by model) on the held-out songs of its own corpus.

    A table is tested on the corpus that weighs most in it, when that corpus is its own.
    """
    rows = []
    own = {"pop": "pop909", "jazz": "swing", "blues": "blues", "latin": "latin"}
    own |= {"folk": "nottingham", "classical": "chorales"}
    for table, corpus in own.items():
        sums: Counter[str] = Counter()
        songs = [s for s in test if s.corpus == corpus]
        chords = sum(len(s.events) for s in songs)
        for mode in ("major", "minor"):
            model = mixed(corpora, table, mode)
            for song in songs:
                if song.mode == mode:
                    for name, logs in log_probabilities(model, song).items():
                        sums[name] += sum(logs)  # type: ignore[assignment]
        perplexity = {name: float(np.exp(-total / chords)) for name, total in sums.items()}
        rows.append((table, len(songs), chords, perplexity))
    return rows


def rebuild(data: Path, out: Path) -> str:
    """Count the songs that are not held out, write the file, and say what was counted."""
    train = [s for s in read_all(data) if not held_out(s)]
    text = json.dumps(learn(train), separators=(",", ":"))
    # No time stamp, so that the same data give the same bytes.
    out.write_bytes(gzip.compress(text.encode(), mtime=0))
    sources = Counter(s.corpus for s in train)
    counted = ", ".join(f"{c} {sources[c]}" for c in CORPORA)
    return f"counted {counted}; wrote {out.name}, {out.stat().st_size} bytes"


def perplexities(data: Path) -> list[tuple[str, int, int, dict[str, float]]]:
    """`evaluate` for the shipped counts on the held-out songs of `data`."""
    return evaluate(shipped(), [s for s in read_all(data) if held_out(s)])

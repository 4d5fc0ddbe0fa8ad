"""The key, and the notes that were meant: found together, since each tells the other.

In: the pitches that were sung, with fractions, and their lengths. Out: whole MIDI pitches, the key,
how sure it is. Every note is one of the three nearest semitones; a Markov chain over scale steps
(`habits.moves`) says what a tune in each of 24 keys would do next, the distance in cents how badly
it would have been sung. The key is told by pitch classes (sounding, long, first, last, ...) of the
best path of all, weighed as a conditional logit over the 24 keys was fitted on training tunes; the
notes are then the best path in that key. A few tunings are tried beside the estimated one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.key_finder import find_key, weights
from models.theory import Key
from models.transcriber.habits import WIDEST, Habits
from models.transcriber.pitch import Floats

#: Standard deviation of single sung notes, in semitones.
_WRONG = 0.28
_TUNINGS = (0.0, -0.08, 0.08, -0.16, 0.16)


@dataclass(frozen=True)
class Meant:
    """Whole pitches and their key.

    `sure` (0..1) is its share against the other 23, `tuning` is in semitones beyond the given one.
    """

    pitches: tuple[int, ...]
    key: Key
    sure: float
    tuning: float


def find_meant(
    pitches: Sequence[float],
    lengths: Sequence[float],
    onsets: Sequence[float],
    habits: Habits,
    key: Key | None = None,
    trust: float = 0.6,
) -> Meant:
    """What a singer meant; with `key`, in that key. `trust` weighs habits against the ear.

    Raises
    ------
    ValueError
        When there are no notes.
    """
    if not pitches:
        raise ValueError("no notes, no key")
    sung = np.asarray(pitches, float)
    paths, scores = _paths(sung, habits, trust)
    best_tuning = scores.argmax(axis=0)  # (24,)
    # One path for all keys: on a path of its own every key finds its own scale.
    likely = int(scores.max(axis=0).argmax())
    seen = evidence(paths[best_tuning[likely]][likely], lengths, onsets, habits)
    total = np.array([seen[k] @ habits.key_weights[k // 12] for k in range(24)])
    chosen = int(total.argmax()) if key is None else _number(key)
    share = np.exp(total - total.max())
    path = paths[best_tuning[chosen]][chosen]
    found = key or key_of(chosen)
    tuning = _TUNINGS[int(best_tuning[chosen])]
    return Meant(tuple(path), found, float(share[chosen] / share.sum()), tuning)


def key_of(number: int) -> Key:
    """0..11 major on C..B, 12..23 minor, spelled with few accidentals."""
    return Key("A", "minor").transposed(number - 12 - 9) if number >= 12 else Key(
        "C").transposed(number)  # fmt: skip


def key_by_sound(pitches: Sequence[int], lengths: Sequence[float]) -> tuple[Key, float]:
    """The key of several voices, and how sure it is (0..1): pitch classes by sounding time."""
    tonic, minor, margin = find_key(weights(zip(lengths, pitches, strict=True)))
    return key_of(tonic + 12 * int(minor)), min(1.0, margin / 0.06)


def _number(key: Key) -> int:
    return key.tonic_pc + 12 * int(key.is_minor)


def evidence(
    pitches: Sequence[int], lengths: Sequence[float], onsets: Sequence[float], habits: Habits
) -> Floats:
    """What speaks for each key, (24, 1 + 13 * 12).

    First the moves' log probability per note, then pitch classes above the tonic, weighed in the
    ways of `_views`.
    """
    tones = np.asarray(pitches)
    interval = np.clip(np.diff(tones), -WIDEST, WIDEST) + WIDEST
    views = _views(tones, np.asarray(lengths, float), np.asarray(onsets, float))
    out = np.empty((24, 1 + views.size))
    for number in range(24):
        mode, tonic = divmod(number, 12)
        degree = (tones - tonic) % 12
        out[number, 0] = habits.moves[mode, degree[:-1], interval].mean() if len(tones) > 1 else 0
        out[number, 1:] = np.roll(views, -tonic, axis=1).ravel()
    return out


def _views(tones: Floats, lengths: Floats, onsets: Floats) -> Floats:
    """Shares of the twelve pitch classes in thirteen ways, (13, 12).

    By sounding time, by number, by long notes (twice), at the beginning, at the end, before rests;
    and single notes: first, last, their neighbours, lowest, highest.
    """
    spans = np.minimum(lengths, 4 * np.median(lengths))
    place = (onsets - onsets[0]) / max(float(onsets[-1] - onsets[0]), 1e-9)
    apart = np.append(np.diff(onsets), 2 * lengths[-1])
    long = np.maximum(spans - 1.4 * np.median(lengths), 0)
    whole = [spans, np.ones(len(tones)), spans**2, long,
             spans * (place < 0.25), spans * (place > 0.75),
             1.0 * (apart > 1.05 * spans)]  # fmt: skip
    shares = [np.bincount(tones % 12, w, 12) / max(float(w.sum()), 1e-9) for w in whole]
    near = min(1, len(tones) - 1)
    single = [0, -1, near, -1 - near, int(tones.argmin()), int(tones.argmax())]
    return np.stack(shares + [np.eye(12)[tones[i] % 12] for i in single])


def _paths(sung: Floats, habits: Habits, trust: float) -> tuple[list[list[list[int]]], Floats]:
    """Best pitches by tuning and key, and their scores, (U, 24)."""
    paths: list[list[list[int]]] = []
    scores = np.zeros((len(_TUNINGS), 24))
    for index, tuning in enumerate(_TUNINGS):
        near = np.rint(sung - tuning).astype(int)[:, None] + np.array([-1, 0, 1])  # (N, 3)
        ear = ((sung[:, None] - tuning - near) / _WRONG) ** 2 / 2
        found, score = _viterbi(near, ear, habits, trust)
        rows = np.arange(len(sung))
        paths.append([[int(v) for v in near[rows, f]] for f in found])
        scores[index] = score - (tuning / 0.1) ** 2 / 2
    return paths, scores


def _viterbi(near: Floats, ear: Floats, habits: Habits, trust: float) -> tuple[Floats, Floats]:
    """Columns of `near` on the best path in each key, (24, N), and its score, (24,)."""
    mode = np.repeat([0, 1], 12)[:, None]
    tonic = np.tile(np.arange(12), 2)[:, None]
    degree = (near[:, None, :] - tonic) % 12  # (N, 24, 3)
    total = trust * habits.firsts[mode, degree[0]] - ear[0]
    back = np.zeros((len(near), 24, 3), int)
    for i in range(1, len(near)):
        interval = np.clip(near[i][None] - near[i - 1][:, None], -WIDEST, WIDEST) + WIDEST
        step = habits.moves[mode[:, :, None], degree[i - 1][:, :, None], interval[None]]
        reached = total[:, :, None] + trust * step  # (24, 3 before, 3 now)
        back[i] = reached.argmax(axis=1)
        total = reached.max(axis=1) - ear[i]
    column = total.argmax(axis=1)
    score = total.max(axis=1)
    found = np.zeros((24, len(near)), int)
    for i in range(len(near) - 1, -1, -1):
        found[:, i] = column
        column = back[i, np.arange(24), column]
    return found, score

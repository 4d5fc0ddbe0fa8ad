"""Which characters may come next, and which of several drafts of a line is kept.

In: the network's opinion, the song so far, the melody. Out: logits with wishes added; a score a
draft. Wishes are soft (tones, theme, mood, what was said before), rhymes and repetitions hard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.lyricist.chinese.corpus import LABEL
from models.lyricist.chinese.novelty import Novelty
from models.lyricist.chinese.rhyme import read_text
from models.lyricist.chinese.tones import fit, movements

Floats = NDArray[np.float32]
NEVER = np.float32(-1e9)
#: A character may not come again within `LATE` characters, nor one that is not among the common
#: (more than `PLAIN` of all text) within `RECENT`; a common one may stand there once more.
LATE, RECENT, PLAIN = 8, 40, 0.004


@dataclass(frozen=True)
class Tuning:
    """How much each wish counts, in nats; chosen on validation tunes."""

    heat: float = 0.85
    nucleus: float = 0.9
    tone: float = 0.6
    theme: float = 2.5
    mood: float = 1.2
    again: float = 1.2
    level: float = 1.5
    twice: float = 2.0
    common: float = 0.25
    tone_score: float = 1.0
    theme_score: float = 2.5
    candidates: int = 48


@dataclass(frozen=True)
class Lexicon:
    """The vocabulary: characters by id ("" for the special ids), their tones and rhyme classes.

    `vectors` (V, d) are the network's own unit vectors; `share` (V,) how common a character is;
    `doubled` (V,) whether poets say it twice in a row.
    """

    characters: tuple[str, ...]
    known: dict[str, int]
    tones: NDArray[np.int64]
    rhymes: NDArray[np.int64]
    vectors: Floats
    share: Floats
    coarse: NDArray[np.bool_]
    doubled: NDArray[np.bool_]

    @classmethod
    def of(
        cls, characters: Sequence[str], special: int, table: Floats, share: Floats, doubles: str
    ) -> Lexicon:
        """From the weight's characters, its table (V, d), their counts and those said twice."""
        every = ("",) * special + tuple(characters)
        read = [read_text(c)[0] if c else None for c in every]
        centred = table - table[special:].mean(0)
        return cls(
            every,
            {c: i for i, c in enumerate(every) if c},
            np.array([r.tone if r else 0 for r in read]),
            np.array([r.rhyme if r else 0 for r in read]),
            centred / np.linalg.norm(centred, axis=1, keepdims=True).clip(1e-6),
            share / share.sum(),
            np.array([c in COARSE for c in every]),
            np.array([c in set(doubles) for c in every]),
        )


#: Characters that a clean text does without: of brothels and lewdness.
COARSE = frozenset("淫娼妓嫖奸屎尿屁")


@dataclass
class Said:
    """What the song has said so far."""

    lines: list[str] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    pairs: set[tuple[int, int]] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)

    def add(self, clauses: Sequence[Sequence[int]]) -> None:
        """Note a line's clauses, as ids."""
        for clause in clauses:
            self.ids.extend(clause)
            self.pairs.update(pairwise(clause))
        self.ends.add(clauses[-1][-1])


@dataclass(frozen=True)
class LineRules:
    """One line to write: clause lengths, rhyme class (0 none), classes it must not rhyme with.

    `level` is 1 when the lines it rhymes with end on a level tone (1, 2), 2 on an oblique one
    (3, 4), 0 when it is the first: a ci keeps to one of the two.
    `contour` are MIDI pitches or ().
    """

    clauses: tuple[int, ...]
    rhyme: int
    apart: frozenset[int]
    contour: tuple[int, ...]
    level: int = 0

    @property
    def starts(self) -> tuple[int, ...]:
        """The places that begin a clause."""
        return tuple(int(n) for n in np.cumsum((0, *self.clauses))[:-1])


def feeling_axis(lexicon: Lexicon) -> Floats:
    """(V,) where characters stand between dark and glad, as the network sees them.

    The direction from the mean of the dark feeling characters to that of the glad ones (the idea
    of P. Turney and M. Littman's semantic orientation, 2003), in standard deviations.
    """
    dark, glad = (
        lexicon.vectors[[lexicon.known[c] for c in sorted(named) if c in lexicon.known]].mean(0)
        for named in LABEL
    )
    along = lexicon.vectors @ (glad - dark)
    return np.asarray(np.clip((along - along.mean()) / along.std(), -2, 2), np.float32)


def wishes(lexicon: Lexicon, themes: str, valence: float | None, tuning: Tuning) -> Floats:
    """(V,) nats for characters near the theme and of the mood."""
    out = np.zeros(len(lexicon.characters), np.float32)
    ids = [lexicon.known[c] for c in themes if c in lexicon.known]
    if ids:
        near = (lexicon.vectors @ lexicon.vectors[ids].T).max(1)
        out += tuning.theme * np.clip(near - 0.2, 0, None)
    if valence is not None:
        out += tuning.mood * valence * feeling_axis(lexicon)
    return out


def level_of(tones: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 for level tones (1, 2), 2 for oblique ones (3, 4), 0 for others."""
    return np.array([0, 1, 1, 2, 2, 0])[tones]


class Chooser:
    """The rules of one line, for all its drafts at once."""

    def __init__(
        self, lexicon: Lexicon, rules: LineRules, said: Said, bonus: Floats, tuning: Tuning
    ) -> None:
        self.lexicon, self.rules, self.said, self.tuning = lexicon, rules, said, tuning
        self.base = bonus.copy()
        near, late = Counter(said.ids[-RECENT:]), set(said.ids[-LATE:])
        for character, count in Counter(said.ids).items():
            # What half the language is made of may come again sooner than an image.
            plain = lexicon.share[character] > PLAIN
            self.base[character] -= tuning.again * count * (0.4 if plain else 1.0)
            if near[character] > plain or character in late:
                self.base[character] = NEVER
        self.base[[not c for c in lexicon.characters]] = NEVER
        self.moves = movements()
        self.end = np.where(self._may_end(), np.float32(0), NEVER)
        if rules.level:
            self.end += tuning.level * (level_of(lexicon.tones) == rules.level)

    def _may_end(self) -> NDArray[np.bool_]:
        rhymes = self.lexicon.rhymes
        taken = np.zeros(len(rhymes), bool)
        taken[list(self.said.ends)] = True
        if self.rules.rhyme:
            return np.asarray((rhymes == self.rules.rhyme) & ~taken)
        return np.asarray((rhymes > 0) & ~np.isin(rhymes, list(self.rules.apart)) & ~taken)

    def logits(self, logp: Floats, rows: NDArray[np.int64]) -> Floats:
        """(K, V) log-probabilities and the (K, n) characters so far, to logits with wishes."""
        place, out = rows.shape[1], logp / self.tuning.heat + self.base
        rules = self.rules
        start = max(s for s in rules.starts if s <= place)
        for row, ids in enumerate(rows):
            mine = list(ids[start:])
            # A character may be said twice in a row, once in a line, where poets do so.
            single = len(set(ids)) == len(ids) and bool(mine) and self.lexicon.doubled[mine[-1]]
            out[row, [i for i in ids if not (single and i == mine[-1])]] = NEVER
            if single:
                out[row, mine[-1]] -= self.tuning.twice
            if mine:
                out[row, [b for a, b in self.said.pairs if a == mine[-1]]] = NEVER
        if rules.contour and place > start:
            step = int(np.sign(rules.contour[place] - rules.contour[place - 1]))
            tones = self.lexicon.tones
            out += self.tuning.tone * step * self.moves[tones[rows[:, -1]]][:, tones]
        if place == sum(rules.clauses) - 1:
            out += self.end
        return np.asarray(out, np.float32)

    def sample(self, logits: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
        """(K,) characters, each from the nucleus of its row."""
        values = logits - logits.max(1, keepdims=True)
        order = np.argsort(-values, axis=1)
        shares = np.exp(np.take_along_axis(values, order, 1))
        shares /= shares.sum(1, keepdims=True)
        outside = np.cumsum(shares, 1) - shares > self.tuning.nucleus
        noise = rng.gumbel(size=values.shape)
        picked = np.where(outside, -np.inf, np.log(shares + 1e-30) + noise).argmax(1)
        return np.take_along_axis(order, picked[:, None], 1)[:, 0]


@dataclass(frozen=True)
class Draft:
    """A finished line: its ids and characters, and the network's mean nats."""

    ids: tuple[int, ...]
    text: str
    logp: float

    def clauses(self, rules: LineRules) -> tuple[str, ...]:
        """The text by clauses."""
        starts = rules.starts
        return tuple(self.text[s : s + n] for s, n in zip(starts, rules.clauses, strict=True))


def measures(draft: Draft, rules: LineRules, lexicon: Lexicon, themes: str) -> dict[str, float]:
    """What a draft is chosen by; tones and rhyme as read in its phrases."""
    clauses = draft.clauses(rules)
    read = [syllable for clause in clauses for syllable in read_text(clause)]
    tones = [syllable.tone if syllable else 0 for syllable in read]
    last = read[-1].rhyme if read[-1] else 0
    ids = [lexicon.known[c] for c in themes if c in lexicon.known]
    theme = 0.0
    if ids:
        near = lexicon.vectors[list(draft.ids)] @ lexicon.vectors[ids].T
        # Saying the theme's own character is worth no more than a near neighbour.
        theme = float(np.minimum(near, 0.5).max(0).mean())
    rhymes = last == rules.rhyme if rules.rhyme else last not in rules.apart
    return {
        "nats": draft.logp,
        "tone": fit(tones, rules.contour, rules.starts),
        "theme": theme,
        "rhyme": float(rhymes),
        "common": float(np.log(lexicon.share[list(draft.ids)] + 1e-6).mean()),
    }


def score(measured: dict[str, float], tuning: Tuning) -> float:
    """The worth of a draft in nats a character.

    Common characters are easy to predict, and drafts of nothing else say nothing: part of what a
    line earns by being common is taken back (Li and others, "A diversity-promoting objective
    function for neural conversation models", NAACL 2016).
    """
    return (
        measured["nats"]
        - tuning.common * measured["common"]
        + tuning.tone_score * measured["tone"]
        + tuning.theme_score * measured["theme"]
        - 50.0 * (1.0 - measured["rhyme"])
    )


def forbidden(
    draft: Draft, rules: LineRules, said: Said, avoid: frozenset[str], novelty: Novelty
) -> bool:
    """Whether a draft may not be kept: a line again, or a copy from the training poems."""
    if draft.text in avoid or draft.text in said.lines:
        return True
    return any(novelty.copied(clause) for clause in draft.clauses(rules))

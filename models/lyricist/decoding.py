"""One line of words, written token by token under rules that cannot be broken.

In: the rules of a line (metrical weights, which words may end it, what words are worth) and
log-probabilities of the language model. Out: drafts of the line, each exactly as long as the
melody asks.

A draft first chooses its last word (where the rhyme is decided), then fills the syllables before
it, left to right, with words that fit where they start, then the last word itself and a mark.
Only such words are ever offered, so a finished draft has the right number of syllables and its
rhyme by construction. Inside words a stressed syllable never falls on a lighter note than its
unstressed neighbour; where they are equal, and where one-syllable words are placed against the
beat (function words on strong beats, content words on weak ones), the draft pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.lyricist.lexicon import Lexicon, Mask
from models.lyricist.stress import is_strong, rises
from models.lyricist.tokens import Floats, Ids, Spelling, Start, Table, start

#: Nats paid for a word whose stressed and unstressed syllables weigh the same, and for a
#: one-syllable word against the beat. Chosen on the validation tunes.
LEVEL_COST, AGAINST_COST = 0.7, 1.0


@dataclass(frozen=True)
class Marks:
    """Token ids of the marks a line may hold or end with, and of what divides plan and lines."""

    newline: int
    plan: int
    comma: int
    ends: tuple[int, ...]
    text: dict[int, str]


@dataclass
class LineRules:
    """What a line must be. `worth` and `end_worth` are bonuses (words,) in nats."""

    lexicon: Lexicon
    inside: Table
    initial: Table
    marks: Marks
    weights: tuple[float, ...]
    allowed: Mask
    may_end: Mask
    worth: Floats
    end_worth: Floats
    _worths: dict[tuple[int, int], tuple[Mask, Floats]] = field(default_factory=dict)

    def fitting(self, at: int) -> tuple[Mask, Mask]:
        """Words whose stresses may start at syllable `at`, and those that fit only just (level)."""
        fits = np.zeros(len(self.lexicon.patterns), bool)
        level = np.zeros(len(self.lexicon.patterns), bool)
        for number, stresses in enumerate(self.lexicon.patterns):
            verdict = stress_fit(stresses, self.weights[at:])
            fits[number], level[number] = verdict is not None, verdict == "level"
        return fits[self.lexicon.pattern], level[self.lexicon.pattern]

    def starts(self, at: int, room: int, said: Sequence[int]) -> Start:
        """What a word starting at syllable `at` may begin with, `room` syllables being free.

        Words of meaning are not said twice in a line, in no form of theirs (`said`, words).
        """
        if (at, room) not in self._worths:
            fits, level = self.fitting(at)
            allowed = self.allowed & fits & (self.lexicon.syllables <= room)
            bonus = self.worth - LEVEL_COST * level - AGAINST_COST * self._against(at)
            self._worths[at, room] = allowed, bonus.astype(np.float32)
        allowed, bonus = self._worths[at, room]
        again = np.isin(self.lexicon.stem, self.lexicon.stem[list(said)])
        rows = self.inside if at else self.initial
        return start(rows, allowed & (~again | self.lexicon.function), bonus)

    @cached_property
    def end_fits(self) -> tuple[Mask, Mask]:
        """Words whose stresses fit at the line's end, and those that fit only just (level)."""
        count, sizes = len(self.weights), self.lexicon.syllables
        good = np.zeros(len(sizes), bool)
        flat = np.zeros(len(sizes), bool)
        for size in range(1, min(count, int(sizes.max())) + 1):
            fits, level = self.fitting(count - size)
            good |= fits & (sizes == size)
            flat |= level & (sizes == size)
        return good, flat

    def narrow(self, wanted: Mask) -> bool:
        """Let only `wanted` words end the line, if any of those that may fits; whether so."""
        allowed = self.may_end & wanted & self.end_fits[0]
        if allowed.any():
            self.may_end = allowed
        return bool(allowed.any())

    @cached_property
    def ends(self) -> Start:
        """What the last word may begin with, as it stands in the plan."""
        fits, level = self.end_fits
        worth = (self.end_worth - LEVEL_COST * level).astype(np.float32)
        return start(self.inside, self.may_end & fits, worth)

    def _against(self, at: int) -> Mask:
        single = self.lexicon.syllables == 1
        return np.asarray(single & (self.lexicon.function == is_strong(self.weights, at)))


def stress_fit(stresses: Sequence[int], weights: Sequence[float]) -> str | None:
    """How a word's stresses fall: "good", "level" (some pair weighs the same) or None (violated).

    Looked at are neighbours of which one has the main stress and the other none.
    """
    if len(stresses) > len(weights):
        return None
    worst = min(rises(stresses, weights), default=1.0)
    if worst < 0:
        return None
    return "good" if worst > 0 else "level"


@dataclass
class Draft:
    """A line in the making: which token may come next, and what it is so far."""

    rules: LineRules
    stage: str = "end"
    spelling: Spelling | None = None
    end: int = -1
    at: int = 0
    words: list[int] = field(default_factory=list)
    marks: dict[int, int] = field(default_factory=dict)
    forced: list[int] = field(default_factory=list)
    nats: list[float] = field(default_factory=list)
    close: float = 0.0

    @property
    def room(self) -> int:
        """Syllables still free before the last word."""
        end = int(self.rules.lexicon.syllables[self.end])
        return len(self.rules.weights) - end - self.at

    @property
    def done(self) -> bool:
        """Whether the line is finished."""
        return self.stage == "done"

    def options(self) -> tuple[Ids, Floats]:
        """Tokens that may come next, with their bonuses in nats."""
        if self.forced:
            return np.array(self.forced[:1]), np.zeros(1, np.float32)
        if self.stage == "end":
            return self._ending()
        if self.stage == "words":
            return self._wording()
        marks = self.rules.marks
        closing = (marks.newline, marks.comma, *marks.ends)
        return np.array(closing), np.zeros(len(closing), np.float32)

    def _ending(self) -> tuple[Ids, Floats]:
        if self.spelling is None:
            first = self.rules.ends
            return first.tokens, first.best
        tokens, bonus = self.spelling.going_on()
        whole = self.spelling.whole()
        if whole is not None:
            tokens = np.append(tokens, self.rules.marks.plan)
            bonus = np.append(bonus, np.float32(whole[1]))
        return tokens, bonus

    def _wording(self) -> tuple[Ids, Floats]:
        if self.spelling is None:
            return self._next_word()
        tokens, bonus = self.spelling.going_on()
        whole = self.spelling.whole()
        if whole is None:
            return tokens, bonus
        word, paid = whole
        size = int(self.rules.lexicon.syllables[word])
        after, worth = self._next_word(size, (*self.words, word))
        return np.append(tokens, after), np.append(bonus, worth + np.float32(paid))

    def _next_word(self, size: int = 0, words: Sequence[int] | None = None) -> tuple[Ids, Floats]:
        """What may follow a complete word of `size` syllables: a word, the last word, a comma."""
        words = self.words if words is None else words
        at, room = self.at + size, self.room - size
        if room == 0:
            tokens, bonus = self._last_tokens(at)[:1], np.zeros(1, np.float32)
        else:
            first = self.rules.starts(at, room, (*words, self.end))
            tokens, bonus = first.tokens, first.best
        if at and size:
            tokens = np.append(tokens, self.rules.marks.comma)
            bonus = np.append(bonus, np.float32(0.0))
        return tokens, bonus

    def _last_tokens(self, at: int) -> Ids:
        rows = self.rules.inside if at else self.rules.initial
        return rows.ids[self.end, : rows.lengths[self.end]]

    def take(self, token: int, nats: float) -> None:
        """Go on with a token the model gave `nats` (its log-probability)."""
        if self.forced:
            self.forced.pop(0)
            self.nats.append(nats)
            return
        if self.stage == "end":
            self._take_end(token)
        elif self.stage == "words":
            self.nats.append(nats)
            self._take_word(token)
        else:
            self.close = nats
            if token != self.rules.marks.newline:
                self.marks[len(self.words) - 1] = token
            self.stage = "done"

    def _take_end(self, token: int) -> None:
        if self.spelling is None:
            pool, bonus = self.rules.ends.behind(token)
            self.spelling = Spelling(self.rules.inside, pool, bonus, float(bonus.max()))
        elif token == self.rules.marks.plan:
            self.end, self.spelling, self.stage = self._whole(), None, "words"
            if self.room == 0:
                self._finish()
        else:
            self.spelling = self.spelling.take(token)

    def _take_word(self, token: int) -> None:
        if self.spelling is not None:
            if token in self.spelling.going_on()[0]:
                self.spelling = self.spelling.take(token)
                return
            word = self._whole()
            self.words.append(word)
            self.at += int(self.rules.lexicon.syllables[word])
            self.spelling = None
        if token == self.rules.marks.comma:
            self.marks[len(self.words) - 1] = token
            if self.room == 0:
                self._finish()
        elif self.room == 0:
            self._finish(begun=True)
        else:
            rows = self.rules.inside if self.at else self.rules.initial
            said = (*self.words, self.end)
            pool, bonus = self.rules.starts(self.at, self.room, said).behind(token)
            self.spelling = Spelling(rows, pool, bonus, float(bonus.max()))

    def _whole(self) -> int:
        whole = self.spelling.whole() if self.spelling else None
        if whole is None:
            raise ValueError("this token was not among the options")
        return whole[0]

    def _finish(self, begun: bool = False) -> None:
        """The last word is certain: its tokens are fed, then the line is closed."""
        tokens = self._last_tokens(self.at)
        self.forced = [int(token) for token in tokens[1 if begun else 0 :]]
        self.words.append(self.end)
        self.stage = "close"

    def score(self) -> float:
        """Mean log-probability of the words' tokens, in nats."""
        return sum(self.nats) / max(1, len(self.nats))

    def end_score(self) -> float:
        """How naturally the last word comes where it stands: its log-probability in nats."""
        count = len(self._last_tokens(len(self.words) - 1))
        return sum(self.nats[-count:])


def sample(
    logp: npt.NDArray[np.float32], column: Ids, draft: Draft, heat: float, rng: np.random.Generator
) -> tuple[int, float]:
    """One of a draft's options by the model's probabilities and the bonuses, at a temperature.

    `logp` (U,) is the model's row, `column` maps a token id to its place in it.
    """
    tokens, bonus = draft.options()
    nats = logp[column[tokens]]
    pull = (nats + bonus) / heat + rng.gumbel(size=len(tokens))
    best = int(np.argmax(pull))
    return int(tokens[best]), float(nats[best])

"""Which of several drafts of a line is kept, and what a line is worth beyond the model's opinion.

In: finished drafts, what the song is about, what it already says. Out: a score a draft, from
measures that are shown to people too: the model's mean log-probability, how surely the line ends
where it must, the beat, nearness to the theme (MiniLM), words that come again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.lyricist.corpus import words_of
from models.lyricist.decoding import Draft, stress_fit
from models.lyricist.lexicon import Lexicon
from models.lyricist.stress import is_strong
from models.lyricist.tokens import Floats
from models.lyricist.wordbook import Wordbook


@dataclass(frozen=True)
class Tuning:
    """How much each wish counts, in nats; chosen on the validation tunes (docs/lab.md)."""

    theme_word: float = 1.0
    theme_end: float = 0.8
    mood_word: float = 2.0
    closing: float = 0.35
    ending: float = 0.3
    beat: float = 1.5
    theme: float = 2.5
    repeat: float = 0.6
    again: float = 3.5
    echo: float = 0.7
    heat: float = 0.65


@dataclass(frozen=True)
class Subject:
    """What a song is about: a vector in the wordbook's space, theme words, and a valence."""

    words: tuple[str, ...]
    vector: Floats | None
    valence: float | None


def word_worth(lexicon: Lexicon, subject: Subject, tuning: Tuning) -> tuple[Floats, Floats]:
    """Bonuses (words,) in nats for words inside a line and at its end.

    A word near the theme is worth more the nearer it is; words far from it are not punished,
    since most words of any text are. The mood pulls every rated word by its VADER rating.
    """
    inside = np.zeros(len(lexicon.words), np.float32)
    ends = np.zeros(len(lexicon.words), np.float32)
    if subject.vector is not None:
        near = np.clip(lexicon.vectors @ subject.vector - 0.2, 0, None) * ~lexicon.function
        inside += tuning.theme_word * near
        ends += tuning.theme_end * near
    if subject.valence is not None:
        pull = tuning.mood_word * subject.valence * lexicon.rating / 2
        inside += pull
        ends += pull
    return inside, ends


def beat_share(draft: Draft) -> float:
    """1 less the share of syllables set against the beat: level pairs, misplaced one-syllables."""
    lexicon, weights = draft.rules.lexicon, draft.rules.weights
    at, wrong = 0, 0.0
    for word in draft.words:
        size = int(lexicon.syllables[word])
        if size == 1:
            wrong += bool(lexicon.function[word]) == is_strong(weights, at)
        elif stress_fit(lexicon.patterns[lexicon.pattern[word]], weights[at:]) != "good":
            wrong += 1
        at += size
    return 1.0 - wrong / max(1, len(weights))


def repeats(draft: Draft, used: Sequence[int]) -> int:
    """Content words of the draft that the song, or the draft itself, has already used."""
    lexicon = draft.rules.lexicon
    seen = {int(lexicon.stem[word]) for word in used}
    count = 0
    for word in draft.words:
        if not lexicon.function[word]:
            count += int(lexicon.stem[word]) in seen
            seen.add(int(lexicon.stem[word]))
    return count


def echoes(draft: Draft, said: Sequence[str]) -> int:
    """Runs of three words that an earlier line of the song has: "there's no such thing as ..."."""
    words = [draft.rules.lexicon.words[word].lower() for word in draft.words]
    earlier = {run for line in said for run in _runs([w.lower() for w in words_of(line)])}
    return sum(run in earlier for run in _runs(words))


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + 3]) for at in range(len(words) - 2)]


def base_score(draft: Draft, used: Sequence[int], said: Sequence[str], tuning: Tuning) -> float:
    """The score of a draft without its meaning, in nats per token."""
    return (
        draft.score()
        + tuning.closing * max(draft.close, -6.0)
        + tuning.ending * max(draft.end_score(), -12.0)
        + tuning.beat * beat_share(draft)
        - tuning.repeat * repeats(draft, used)
        - tuning.echo * echoes(draft, said)
    )


def forbidden(
    draft: Draft, before: Sequence[str], lines: Sequence[str], book: Wordbook, text: str
) -> bool:
    """Whether a draft may not be kept: a line of the song again, or a quotation from the books.

    `before` are the words of the lines above it in the stanza, since a quotation may run over a
    line's end; `lines` the song's other lines and those refused earlier.
    """
    plain = _plain(text)
    if plain in {_plain(line) for line in lines}:
        return True
    words = [draft.rules.lexicon.words[word] for word in draft.words]
    return book.copied([*before[-5:], *words])


def _plain(text: str) -> str:
    return "".join(ch for ch in text.lower() if ch.isalpha() or ch == " ").strip()

"""The lyricist: an ask of exact syllables and beats in, a song's words out.

Holds what writing needs (language model, wordbook with its sounds, MiniLM) for the life of a
process; how a song is written line by line is in `song`, what a line may be in `decoding`, which
draft is kept in `choosing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from models import hub
from models.lyricist.asks import Cancelled, SongAsk, StanzaAsk, WrittenSong
from models.lyricist.base import load_causal
from models.lyricist.choosing import Subject, Tuning
from models.lyricist.corpus import words_of
from models.lyricist.decoding import Marks
from models.lyricist.lexicon import Lexicon, Mask, build
from models.lyricist.meaning import Meaning
from models.lyricist.naming import hook_of, title_of
from models.lyricist.pronounce import Pronouncer, load
from models.lyricist.song import Sheet, SongInWriting, end_of
from models.lyricist.tokens import Ids, Table, table
from models.lyricist.train import put_on
from models.lyricist.voice import Voice
from models.lyricist.voice_training import in_voice
from models.lyricist.wordbook import Wordbook

Step = Callable[[int, int], None]


class Lyricist:
    """SmolLM2 with Segno's adapter, the wordbook with its sounds, and MiniLM."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        book: Wordbook,
        pronouncer: Pronouncer,
        meaning: Meaning,
        tuning: Tuning | None = None,
    ) -> None:
        self.model, self.tokenizer, self.book = model, tokenizer, book
        self.pronouncer, self.meaning = pronouncer, meaning
        self.tuning = tuning or Tuning()
        self.lexicon: Lexicon = build(book, pronouncer)
        self.inside: Table = table(self.lexicon.words, tokenizer)
        initial = [word[0].upper() + word[1:] for word in self.lexicon.words]
        self.initial: Table = table(initial, tokenizer)
        self.marks = _marks(tokenizer)
        digits = [self.ids(str(count))[0] for count in range(10)]
        known = [self.inside.ids, self.initial.ids, np.array([*self.marks.text, *digits])]
        self.tokens: Ids = np.unique(np.concatenate([ids[ids >= 0].ravel() for ids in known]))
        self.column = np.zeros(int(self.tokens.max()) + 1, np.int64)
        self.column[self.tokens] = np.arange(len(self.tokens))
        self.never = _listed("never_words.txt", self.lexicon)
        self._spoken: tuple[Voice, PreTrainedModel] | None = None

    def speaking(self, voice: Voice | None) -> PreTrainedModel:
        """The model as it writes in a voice; the last one is kept for the next song."""
        if voice is None or voice.lora is None:
            return self.model
        if self._spoken is None or self._spoken[0] is not voice:
            self._spoken = voice, in_voice(self.model, voice)
        return self._spoken[1]

    def ids(self, text: str) -> list[int]:
        """The tokens of a text."""
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def write(
        self,
        ask: SongAsk,
        seed: int,
        progress: Step | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> WrittenSong:
        """The words of a song; the same ask and seed give the same words.

        `progress(done, total)` counts lines of the longest stanza. Raises `Cancelled` when
        `cancelled()` says so between two lines.
        """
        rng = np.random.default_rng(seed)
        subject = self.subject(ask)
        sheets = [self._sheet(stanza) for stanza in ask.stanzas]
        writing = SongInWriting(self, ask, subject, sheets, rng)
        total = max((len(stanza.lines) for stanza in ask.stanzas), default=0)
        for number in range(total):
            if cancelled is not None and cancelled():
                raise Cancelled
            writing.line(number)
            if progress is not None:
                progress(number + 1, total)
        hook = hook_of(sheets)
        return WrittenSong(
            stanzas=tuple(tuple(sheet.lines) for sheet in sheets),
            title=title_of(hook),
            hook=hook,
        )

    def _sheet(self, stanza: StanzaAsk) -> Sheet:
        """An empty stanza that already knows what its given lines rhyme on."""
        sheet = Sheet(stanza)
        for line, letter in zip(stanza.lines, stanza.scheme, strict=True):
            if line.given is not None and letter != "X":
                readings = self.pronouncer.readings(end_of(line.given))
                sheet.rhymes.setdefault(letter, []).extend(readings[:1])
        return sheet

    def subject(self, ask: SongAsk) -> Subject:
        """What the ask is about, in the wordbook's terms."""
        if not ask.themes:
            return Subject((), None, ask.valence)
        raw = self.meaning.vectors([" ".join(ask.themes)])
        vector = self.book.project(raw)[0].astype(np.float32)
        return Subject(self._theme_words(ask.themes, vector), vector, ask.valence)

    def _theme_words(self, themes: Sequence[str], vector: np.ndarray) -> tuple[str, ...]:
        """Up to three words of the vocabulary the adapter learned: named ones, then near ones."""
        known = self.lexicon.index
        named = [
            word
            for text in themes
            for word in (w.lower() for w in words_of(text))
            if word in self.book.themes
        ]
        rows = [known[theme] for theme in self.book.themes if theme in known]
        order = np.argsort(-(self.lexicon.vectors[rows] @ vector))
        nearest = [self.lexicon.words[rows[place]].lower() for place in order[:6]]
        return tuple(dict.fromkeys([*named, *nearest]))[: max(3, min(len(named), 4))]


def _listed(name: str, lexicon: Lexicon) -> Mask:
    listed = frozenset((Path(__file__).parent / name).read_text().split())
    return np.array([word.lower() in listed for word in lexicon.words])


def _marks(tokenizer: PreTrainedTokenizerBase) -> Marks:
    def one(text: str) -> int:
        return int(tokenizer.encode(text, add_special_tokens=False)[0])

    text = {one(mark): mark for mark in (",", ".", "!", "?")}
    newline, plan = one("\n"), one(">")
    return Marks(
        newline=newline,
        plan=plan,
        comma=one(","),
        ends=(one("."), one("!"), one("?")),
        text={**text, newline: "", plan: ""},
    )


@lru_cache(maxsize=1)
def load_lyricist(name: str | None = None) -> Lyricist:
    """The shipped lyricist, loaded once a process; `name` is an owner's own language model.

    Raises
    ------
    Refusal
        When a weight is missing; `ModelMissingError` when a packaged model is.
    """
    model, tokenizer = load_causal(name)
    if name is None:
        stated = hub.manifest("lyricist")
        hub.load("lyricist")
        model = put_on(model, hub.WEIGHTS / "lyricist" / stated.file)
    tensors, facts = hub.load("wordbook")
    book = Wordbook.from_tensors(tensors, facts)
    return Lyricist(model, tokenizer, book, load(), Meaning())

"""A song while it is written: all stanzas side by side, a line of each at a time.

In: the lyricist's parts and an ask. Out: sheets whose lines fill up. `CANDIDATES` drafts of each
line run in one batch; the best draft of each stanza's line is kept and the next goes on from it.
The language model reads the whole stanza so far, with theme, mood, scheme and metre above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from models.lyricist import choosing
from models.lyricist.asks import LineAsk, SongAsk, StanzaAsk, WrittenLine
from models.lyricist.choosing import Subject
from models.lyricist.corpus import MOODS, words_of
from models.lyricist.decoding import Draft, LineRules, sample
from models.lyricist.hyphenate import split
from models.lyricist.lexicon import Mask
from models.lyricist.own_line import read_line
from models.lyricist.page import BOUNDARY, header, line_plan
from models.lyricist.pronounce import Reading
from models.lyricist.rows import Rows
from models.lyricist.voice import voice_worth

if TYPE_CHECKING:
    from models.lyricist.generate import Lyricist

#: Drafts of each line; a song of many stanzas gets fewer, so that no batch exceeds `MOST_ROWS`.
CANDIDATES, MOST_ROWS, LEAST_CANDIDATES = 32, 96, 8
#: A first rhyme word needs at least this many possible partners.
FAMILY = 8
#: Nats for a word that must come: enough to be said wherever it fits.
WANTED = 12.0
#: Drafts whose meaning is compared, best first.
SHORTLIST = 6


@dataclass
class Sheet:
    """A stanza in the making."""

    ask: StanzaAsk
    lines: list[WrittenLine] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    rhymes: dict[str, list[Reading]] = field(default_factory=dict)


class SongInWriting:
    """The state of one song while it is written."""

    def __init__(
        self,
        lyricist: Lyricist,
        ask: SongAsk,
        subject: Subject,
        sheets: list[Sheet],
        rng: np.random.Generator,
    ) -> None:
        self.by, self.ask, self.subject, self.sheets, self.rng = lyricist, ask, subject, sheets, rng
        self.inside, self.ends = choosing.word_worth(lyricist.lexicon, subject, lyricist.tuning)
        if ask.voice is not None:
            worth = voice_worth(lyricist.lexicon, ask.voice)
            self.inside, self.ends = self.inside + worth, self.ends + worth
        self.allowed: Mask = ~lyricist.never
        if ask.clean:
            self.allowed &= ~lyricist.lexicon.coarse
        self.used: list[int] = []
        self.rows = Rows(lyricist.speaking(ask.voice), lyricist.tokens, len(sheets))
        self.open = list(range(len(sheets)))
        boundary = lyricist.tokenizer.convert_tokens_to_ids(BOUNDARY)
        self.pending = [[boundary, *lyricist.ids(self._header(sheet))] for sheet in sheets]
        self.theme = None
        if ask.themes:
            self.theme = lyricist.meaning.vectors([" ".join(ask.themes)])[0]

    def _header(self, sheet: Sheet) -> str:
        mood = None
        if self.ask.valence is not None:
            mood = MOODS[int(np.clip((self.ask.valence + 1) * 2.5, 0, 4))]
        counts = [len(line.weights) for line in sheet.ask.lines]
        return header(self.subject.words, mood, sheet.ask.scheme, counts)

    def line(self, number: int) -> None:
        """Write line `number` of every stanza that has one; a given line is only read."""
        still = [i for i in self.open if number < len(self.sheets[i].ask.lines)]
        if still != self.open:
            self.rows.choose([self.open.index(i) for i in still])
            self.pending = [self.pending[self.open.index(i)] for i in still]
            self.open = still
        asks = [self.sheets[i].ask.lines[number] for i in self.open]
        plans = [
            [*waiting, *self._plan(ask)] for waiting, ask in zip(self.pending, asks, strict=True)
        ]
        logp = self.rows.feed(plans)
        drafts = self._drafts(number, asks)
        spread = [row for row, group in enumerate(drafts) for _ in group]
        self.rows.choose(spread)
        flat = [draft for group in drafts for draft in group]
        self._fill(flat, logp[spread])
        self._keep(number, drafts)

    def _plan(self, ask: LineAsk) -> list[int]:
        """What a line begins with: its length, and all of it when it is given."""
        count = str(len(ask.weights))
        if ask.given is None:
            return self.by.ids(count)
        return self.by.ids(f"{line_plan(len(ask.weights), end_of(ask.given))} {ask.given}")

    def _drafts(self, number: int, asks: Sequence[LineAsk]) -> list[list[Draft]]:
        share = max(LEAST_CANDIDATES, min(CANDIDATES, MOST_ROWS // len(asks)))
        groups = []
        for index, ask in zip(self.open, asks, strict=True):
            rules = self._rules(self.sheets[index], number, ask)
            if ask.given is None:
                groups.append([Draft(rules) for _ in range(share)])
            else:
                groups.append([Draft(rules, stage="done")])
        return groups

    def _rules(self, sheet: Sheet, number: int, ask: LineAsk) -> LineRules:
        """What a line must be: allowed words and their worth now, and how it must rhyme."""
        lexicon = self.by.lexicon
        inside, ends = self.inside.copy(), self.ends.copy()
        said = np.isin(lexicon.stem, lexicon.stem[self.used])
        inside[said] -= self.by.tuning.again
        ends[said] -= self.by.tuning.again
        wanted = self._required(sheet)
        inside[wanted] += WANTED
        rules = LineRules(
            lexicon, self.by.inside, self.by.initial, self.by.marks, ask.weights,
            self.allowed, self.allowed & lexicon.may_end, inside, ends,
        )  # fmt: skip
        taken = [lexicon.index[w] for s in self.sheets for w in _ends(s) if w in lexicon.index]
        fresh = np.ones(len(lexicon.words), bool)
        fresh[taken] = False
        rules.narrow(fresh)
        self._rhymed(rules, sheet, number, wanted)
        return rules

    def _rhymed(self, rules: LineRules, sheet: Sheet, number: int, wanted: list[int]) -> None:
        """Narrow a line's last words to its rhyme: perfect, else slant; or to a rich family."""
        lexicon, letter = self.by.lexicon, sheet.ask.scheme[number]
        if letter != "X" and letter in sheet.rhymes:
            for near in (False, True):
                fits = [lexicon.rhyming(reading, near) for reading in sheet.rhymes[letter]]
                if rules.narrow(np.logical_and.reduce(fits)):
                    return
            return
        # A word that must come ends a line as soon as one is free to rhyme as it likes.
        if wanted and rules.narrow(np.isin(np.arange(len(lexicon.words)), wanted)):
            return
        if letter != "X" and letter in sheet.ask.scheme[number + 1 :]:
            rules.narrow(lexicon.family_size >= FAMILY)

    def _fill(self, drafts: list[Draft], logp: np.ndarray) -> None:
        """Write all drafts to their ends; `logp` (drafts, U) is for their first token."""
        while True:
            added: list[list[int]] = []
            for row, draft in enumerate(drafts):
                if draft.done:
                    added.append([])
                    continue
                token, nats = sample(
                    logp[row], self.by.column, draft, self.by.tuning.heat, self.rng
                )
                draft.take(token, nats)
                # The closing mark is fed with the next line, for the chosen draft alone.
                added.append([] if draft.done else [token])
            if not any(added):
                return
            logp = self.rows.feed(added)

    def _keep(self, number: int, groups: list[list[Draft]]) -> None:
        chosen, start = [], 0
        self.pending = []
        for index, group in zip(self.open, groups, strict=True):
            sheet = self.sheets[index]
            given = sheet.ask.lines[number].given
            place = 0 if given is not None else self._best(sheet, group)
            draft = group[place]
            chosen.append(start + place)
            start += len(group)
            if given is not None:
                self._note_given(sheet, number, given)
                self.pending.append([self.by.marks.newline])
                continue
            self._note(sheet, number, draft)
            mark = draft.marks.get(len(draft.words) - 1)
            newline = self.by.marks.newline
            self.pending.append([newline] if mark is None else [mark, newline])
        self.rows.choose(chosen)

    def _best(self, sheet: Sheet, group: Sequence[Draft]) -> int:
        tuning, voice = self.by.tuning, self.ask.voice
        said = [line.text for s in self.sheets for line in s.lines] + list(self.ask.avoid)
        texts = [self.text(draft) for draft in group]
        scores = np.array([choosing.base_score(draft, self.used, said, tuning) for draft in group])
        bad = [
            choosing.forbidden(draft, sheet.words, said, self.by.book, text)
            or (voice is not None and voice.copied(sheet.words, words_of(text)))
            for draft, text in zip(group, texts, strict=True)
        ]
        scores[bad] -= 100.0
        required = self._required(sheet)
        scores += [3.0 * len(set(required).intersection(draft.words)) for draft in group]
        if self.theme is not None:
            first = np.argsort(-scores)[:SHORTLIST]
            before = " ".join(line.text for line in sheet.lines)
            vectors = self.by.meaning.vectors([f"{before} {texts[i]}" for i in first])
            lifted = np.full(len(scores), -1e9)
            lifted[first] = scores[first] + tuning.theme * (vectors @ self.theme)
            scores = lifted
        return int(np.argmax(scores))

    def _note(self, sheet: Sheet, number: int, draft: Draft) -> None:
        lexicon, letter = self.by.lexicon, sheet.ask.scheme[number]
        sheet.rhymes.setdefault(letter, []).append(lexicon.readings[draft.end])
        sheet.words += [lexicon.words[word] for word in draft.words]
        self.used += [word for word in draft.words if not lexicon.function[word]]
        sheet.lines.append(
            WrittenLine(self.text(draft), self._syllables(draft), {"nats": draft.score()})
        )

    def _note_given(self, sheet: Sheet, number: int, text: str) -> None:
        lexicon, count = self.by.lexicon, len(sheet.ask.lines[number].weights)
        words = words_of(text)
        sheet.words += words
        numbers = [lexicon.index[w.lower()] for w in words if w.lower() in lexicon.index]
        self.used += [word for word in numbers if not lexicon.function[word]]
        sheet.lines.append(read_line(text, count, self.by.pronouncer))

    def _required(self, sheet: Sheet) -> list[int]:
        """Words that must still come in a stanza, as numbers."""
        said = {word.lower() for word in sheet.words}
        return [
            self.by.lexicon.index[word]
            for word in (text.lower() for text in sheet.ask.required)
            if word in self.by.lexicon.index and word not in said
        ]

    def _printed(self, draft: Draft) -> list[str]:
        words = [self.by.lexicon.words[word] for word in draft.words]
        words[0] = words[0][0].upper() + words[0][1:]
        return words

    def text(self, draft: Draft) -> str:
        """The line as printed."""
        marks = self.by.marks.text
        return " ".join(
            word + marks.get(draft.marks.get(place, -1), "")
            for place, word in enumerate(self._printed(draft))
        )

    def _syllables(self, draft: Draft) -> tuple[tuple[str, ...], ...]:
        words = []
        for place, (number, word) in enumerate(zip(draft.words, self._printed(draft), strict=True)):
            parts = split(word, int(self.by.lexicon.syllables[number]))
            mark = self.by.marks.text.get(draft.marks.get(place, -1), "")
            words.append((*parts[:-1], parts[-1] + mark))
        return tuple(words)


def end_of(text: str) -> str:
    """The last word of a line, in lower case."""
    return words_of(text)[-1].lower()


def _ends(sheet: Sheet) -> list[str]:
    given = [line.given for line in sheet.ask.lines if line.given is not None]
    return [end_of(text) for text in [*given, *(line.text for line in sheet.lines)]]

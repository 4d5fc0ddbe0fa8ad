"""The Chinese lyricist at work: an ask of exact syllables in, a song in the manner of ci out.

Stanza by stanza and line by line: `Tuning.candidates` drafts of a line are sampled side by side
from the network, one character a note; the best is kept and the next line goes on from it. What
rhymes is drawn from the rhyme class's own characters; see `choosing` for what else counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from models import hub
from models.errors import Refusal
from models.lyricist.asks import Cancelled, LineAsk, SongAsk, StanzaAsk, WrittenLine, WrittenSong
from models.lyricist.chinese.choosing import (
    NEVER,
    Chooser,
    Draft,
    Lexicon,
    LineRules,
    Said,
    Tuning,
    forbidden,
    level_of,
    measures,
    score,
    wishes,
)
from models.lyricist.chinese.data import (
    GIVEN,
    SPECIAL,
    UNKNOWN,
    LinePlan,
    header,
    line_fields,
)
from models.lyricist.chinese.forms import clauses_of, rhymes_of
from models.lyricist.chinese.model import FIELDS, ChineseModel, Shape
from models.lyricist.chinese.novelty import Novelty
from models.lyricist.chinese.rhyme import CLASSES, rhyme_of
from models.lyricist.chinese.themes import characters_of

Step = Callable[[int, int], None]
#: Characters of the song so far that the network reads; it was trained on pages of 150.
CONTEXT = 96
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0002ffff]")
_DARK, _GLAD = -0.15, 0.15


class ChineseLyricist:
    """The character network, its vocabulary with tones and rhymes, and the novelty index."""

    def __init__(
        self,
        model: ChineseModel,
        lexicon: Lexicon,
        novelty: Novelty,
        tuning: Tuning | None = None,
    ) -> None:
        self.model, self.tuning = model.eval(), tuning or Tuning()
        self.lexicon, self.novelty = lexicon, novelty

    def write(
        self,
        ask: SongAsk,
        seed: int,
        progress: Step | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> WrittenSong:
        """The words of a song, one character a syllable; the same ask and seed give the same.

        `progress(done, total)` counts lines.

        Raises
        ------
        Refusal
            When a given line or a required word cannot be sung as asked.
        Cancelled
            When `cancelled()` says so between two lines.
        """
        song = _Song(self, ask, np.random.default_rng(seed))
        total = sum(len(stanza.lines) for stanza in ask.stanzas)
        done = 0
        stanzas = []
        for stanza in ask.stanzas:
            song.open(stanza)
            lines = []
            for number in range(len(stanza.lines)):
                if cancelled is not None and cancelled():
                    raise Cancelled
                lines.append(song.line(stanza, number, total - done))
                done += 1
                if progress is not None:
                    progress(done, total)
            stanzas.append(tuple(lines))
        hook = hook_of(ask, stanzas)
        return WrittenSong(tuple(stanzas), title_of(hook), hook)


class _Song:
    """The state of one song while it is written."""

    def __init__(self, by: ChineseLyricist, ask: SongAsk, rng: np.random.Generator) -> None:
        self.by, self.ask, self.rng = by, ask, rng
        lexicon = by.lexicon
        self.themes = characters_of(ask.themes, lexicon.known)
        self.bonus = wishes(lexicon, self.themes, ask.valence, by.tuning)
        if ask.clean:
            self.bonus[lexicon.coarse] = NEVER
        common = np.bincount(lexicon.rhymes, weights=lexicon.share, minlength=len(CLASSES) + 1)
        self.rhymes = rhymes_of(ask, _given_rhymes(ask), common, rng)
        self.avoid = frozenset(han(text) for text in ask.avoid)
        self.said = Said()
        #: Lines so far: ids, and their plan.
        self.past: list[tuple[list[int], LinePlan]] = []
        self.wanted: dict[int, str] = {}
        self.levels: dict[str, int] = {}

    def open(self, stanza: StanzaAsk) -> None:
        """Begin a stanza: see which line takes which required word, if no given line has it."""
        self.wanted = {}
        given = "".join(han(line.given) for line in stanza.lines if line.given)
        for word in stanza.required:
            text = han(word)
            if not text:
                raise Refusal(
                    "“{word}” is not written in Chinese characters; give the word in Chinese, "
                    "or ask for English words.",
                    word=word,
                )
            if text in given:
                continue
            places = [
                i
                for i, line in enumerate(stanza.lines)
                if line.given is None and i not in self.wanted and _room(line, len(text))
            ]
            if not places:
                raise Refusal(
                    "“{word}” does not fit into a line of this stanza; take a shorter word or "
                    "fewer words.",
                    word=word,
                )
            self.wanted[places[0]] = text

    def line(self, stanza: StanzaAsk, number: int, lines_left: int) -> WrittenLine:
        """Write a line, or take the given one."""
        asked, letter = stanza.lines[number], stanza.scheme[number]
        rhyme = self.rhymes.get(letter, 0)
        # A line that is to rhyme with nothing keeps off the rhymes of its stanza.
        apart = frozenset(self.rhymes[x] for x in stanza.scheme if x != "X") if not rhyme else ()
        if asked.given is not None:
            line = self._take(asked)
            self._note_level(letter)
            return line
        contour = asked.contour if len(asked.contour) == len(asked.weights) else ()
        level = self.levels.get(letter, 0)
        rules = LineRules(clauses_of(asked.weights), rhyme, frozenset(apart), contour, level)
        plan = LinePlan(rules.clauses, rhyme)
        best, measured = self._best(rules, plan, lines_left, self.wanted.get(number, ""))
        self._note(best.text, list(best.ids), plan)
        self._note_level(letter)
        return written(best.clauses(rules), measured)

    def _best(
        self, rules: LineRules, plan: LinePlan, lines_left: int, word: str
    ) -> tuple[Draft, dict[str, float]]:
        """The best of the drafts; more are drawn, up to three times, when all are forbidden."""
        tuning, lexicon = self.by.tuning, self.by.lexicon
        best: tuple[float, Draft, dict[str, float]] | None = None
        for _ in range(3):
            for draft in self._drafts(rules, plan, lines_left, word):
                measured = measures(draft, rules, lexicon, self.themes)
                value = score(measured, tuning)
                if forbidden(draft, rules, self.said, self.avoid, self.by.novelty):
                    value -= 1000.0
                if best is None or value > best[0]:
                    best = value, draft, measured
            if best is not None and best[0] > -25.0:
                break
        if best is None:  # the loop runs at least once, and at least one draft is made
            raise AssertionError
        return best[1], best[2]

    @torch.inference_mode()
    def _drafts(self, rules: LineRules, plan: LinePlan, lines_left: int, word: str) -> list[Draft]:
        chooser = Chooser(self.by.lexicon, rules, self.said, self.bonus, self.by.tuning)
        count = self.by.tuning.candidates
        fixed = self._fixed(rules, word, count)
        fields = torch.tensor(line_fields(plan, lines_left))  # (n, F)
        logp, cache = self._read(plan, lines_left)
        cache = [(k.expand(count, -1, -1, -1), v.expand(count, -1, -1, -1)) for k, v in cache]
        logp = logp.expand(count, -1)
        rows = np.zeros((count, 0), np.int64)
        total = np.zeros(count)
        for place in range(len(fields)):
            opinion = logp.numpy()
            ids = chooser.sample(chooser.logits(opinion, rows), self.rng)
            for row, at in enumerate(fixed):
                if place in at:
                    ids[row] = self.by.lexicon.known.get(at[place], UNKNOWN)
            total += np.maximum(opinion[np.arange(count), ids], -20.0)
            rows = np.concatenate((rows, ids[:, None]), axis=1)
            if place + 1 < len(fields):
                now = torch.from_numpy(ids)[:, None]
                told = fields[place + 1].expand(count, 1, -1)
                states, cache = self.by.model.hidden(now, told, cache)
                logp = self.by.model.logits(states[:, -1]).log_softmax(-1)
        drafts = []
        for chosen, at, nats in zip(rows, fixed, total, strict=True):
            characters = [at.get(i, self.by.lexicon.characters[c]) for i, c in enumerate(chosen)]
            ids_now = tuple(int(i) for i in chosen)
            drafts.append(Draft(ids_now, "".join(characters), float(nats) / len(chosen)))
        return drafts

    def _read(self, plan: LinePlan, lines_left: int) -> tuple[torch.Tensor, Any]:
        """(1, V) log-probabilities of a line's first character, after the song so far."""
        kept: list[tuple[list[int], LinePlan]] = []
        room = CONTEXT
        for ids, old in reversed(self.past):
            room -= len(ids)
            if room < 0:
                break
            kept.insert(0, (ids, old))
        given = [self.by.lexicon.known[c] for c in self.themes]
        page = header(self._mood(), given)
        fields = [[0] * len(FIELDS) for _ in range(GIVEN - 1)]
        for back, (ids, old) in enumerate(kept):
            page += ids
            fields += line_fields(old, lines_left + len(kept) - back)
        fields.append(line_fields(plan, lines_left)[0])
        states, cache = self.by.model.hidden(torch.tensor([page]), torch.tensor([fields]))
        return self.by.model.logits(states[:, -1]).log_softmax(-1), cache

    def _mood(self) -> int:
        valence = self.ask.valence
        if valence is None:
            return 0
        return 1 if valence < _DARK else 3 if valence > _GLAD else 2

    def _fixed(self, rules: LineRules, word: str, count: int) -> list[dict[int, str]]:
        """Where each draft has a required word: inside any clause, off the rhyme where possible."""
        if not word:
            return [{}] * count
        spans = list(zip(rules.starts, rules.clauses, strict=True))
        starts = [s + i for s, n in spans for i in range(n - len(word) + 1)]
        last = sum(rules.clauses) - len(word)
        rhymes = not rules.rhyme or rhyme_of(word) == rules.rhyme
        starts = [s for s in starts if s < last or rhymes] or starts
        return [
            {starts[row % len(starts)] + i: c for i, c in enumerate(word)} for row in range(count)
        ]

    def _take(self, asked: LineAsk) -> WrittenLine:
        """A person's own line, its marks as they stand."""
        text = asked.given or ""
        characters = han(text)
        if len(characters) != len(asked.weights):
            raise Refusal(
                "The line “{line}” has {characters} characters for {notes} notes; "
                "Chinese is sung one character a note.",
                line=text,
                characters=len(characters),
                notes=len(asked.weights),
            )
        parts = [p for p in re.split(f"[^{_HAN.pattern[1:-1]}]+", text) if p]
        plan = LinePlan(tuple(len(p) for p in parts), rhyme_of(parts[-1]))
        self._note(characters, [self.by.lexicon.known.get(c, UNKNOWN) for c in characters], plan)
        return written(parts, {})

    def _note_level(self, letter: str) -> None:
        """What the first line of a letter ends on, the others keep to."""
        level = int(level_of(self.by.lexicon.tones[self.said.ids[-1:]])[0])
        if letter != "X":
            self.levels.setdefault(letter, level)

    def _note(self, text: str, ids: list[int], plan: LinePlan) -> None:
        clauses, at = [], 0
        for length in plan.clauses:
            clauses.append(ids[at : at + length])
            at += length
        self.said.add(clauses)
        self.said.lines.append(text)
        self.past.append((ids, plan))


def han(text: str) -> str:
    """Only the Chinese characters of a text."""
    return "".join(_HAN.findall(text))


def written(clauses: Sequence[str], measured: dict[str, float]) -> WrittenLine:
    """A line of clauses with commas between them, each character a word of one syllable."""
    marked = [clause + ("，" if i + 1 < len(clauses) else "") for i, clause in enumerate(clauses)]
    words = [
        (c + "，",) if clause.endswith("，") and i + 2 == len(clause) else (c,)
        for clause in marked
        for i, c in enumerate(clause)
        if c != "，"
    ]
    return WrittenLine("".join(marked), tuple(words), measured)


def _room(line: LineAsk, length: int) -> bool:
    return max(clauses_of(line.weights)) >= length


def _given_rhymes(ask: SongAsk) -> dict[str, int]:
    found: dict[str, int] = {}
    for stanza in ask.stanzas:
        for line, letter in zip(stanza.lines, stanza.scheme, strict=True):
            rhyme = rhyme_of(han(line.given)) if line.given else 0
            if rhyme and letter != "X":
                found.setdefault(letter, rhyme)
    return found


def hook_of(ask: SongAsk, stanzas: Sequence[Sequence[WrittenLine]]) -> str:
    """The line people remember: the first of the chorus, or of the song."""
    for stanza, lines in zip(ask.stanzas, stanzas, strict=True):
        if stanza.kind == "chorus" and lines:
            return lines[0].text
    return stanzas[0][0].text if stanzas and stanzas[0] else ""


def title_of(hook: str) -> str:
    """Two to five characters of the hook: a short clause, or the part of a long one after its rest.

    Clauses of seven rest after the fourth character, those of five after the second.
    """
    clause = min(hook.split("，"), key=lambda c: abs(len(c) - 4))
    if len(clause) <= 4:
        return clause
    return clause[2:] if len(clause) == 5 else clause[:4] if len(clause) >= 7 else clause[-4:]


@lru_cache(maxsize=1)
def load_chinese() -> ChineseLyricist:
    """The shipped Chinese lyricist, loaded once a process.

    Raises
    ------
    Refusal
        When its weight is missing or is not the shipped one.
    """
    tensors, facts = hub.load("lyricist_zh")
    return restored(tensors, facts)


def restored(tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> ChineseLyricist:
    """A lyricist from a weight's tensors and facts."""
    model = ChineseModel(Shape(**facts["shape"]))
    extra = {"grams", "counts"}
    model.load_state_dict({n: value.float() for n, value in tensors.items() if n not in extra})
    table = model.characters.weight.detach().numpy()
    counts = tensors["counts"].float().numpy()
    lexicon = Lexicon.of(facts["characters"], SPECIAL, table, counts, facts["doubles"])
    return ChineseLyricist(model, lexicon, Novelty(tensors["grams"]))

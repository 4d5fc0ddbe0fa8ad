"""Messages for the listener to learn from: a grammar that writes them, and those of people's hands.

In: `grammar.toml` (rules, templates, weights, noise), `requests/*.toml` (written by hand) and the
vocabulary's names. Out: `Said` values, endless from `generate`, some thousand from `by_hand`.

In a template `{rule}` is one of a rule's lines, `{60..180}` a number, `<a|b|>` one of several,
`[words](slot)` words of a slot, `$slot` short for `[{slot}](slot)`, and `@intent ` begins a frame.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.listener.frames import INTENTS, Frame, Said
from models.listener.noise import Piece, roughen
from models.vocabulary import Entry, load

_HOLE = re.compile(r"\{(\d+)\.\.(\d+)\}|\{([a-z_]+)\}|\$([a-z_]+)|<([^<>]*)>")
_SLOT = re.compile(r"\[([^\[\]]+)\]\((\w+)\)")
_FRAME = re.compile(rf"@({'|'.join(INTENTS)})(?![a-z])\s?")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 &'/-]+")
#: How often a message that was written already is written anew before it may stand twice.
_TRIES = 30


@dataclass(frozen=True)
class Grammar:
    """One language: rules by name, templates by intent, and what surrounds and joins them.

    `do` are templates that begin with a verb, so that "can you" may stand before them; `say` stand
    alone. `chains` are the intents of messages with several actions.
    """

    language: str
    rules: Mapping[str, Sequence[str]]
    do: Mapping[str, Sequence[str]]
    say: Mapping[str, Sequence[str]]
    polite: Sequence[str]
    joins: Sequence[str]
    chains: Sequence[str]
    noise: Mapping[str, Any]


@dataclass(frozen=True)
class Draft:
    """A message in pieces, so that every word knows its slot and its frame."""

    language: str
    intents: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def said(self) -> Said:
        """The message with its gold frames."""
        return _said((self.intents, self.pieces), self.language)


@dataclass(frozen=True)
class Writer:
    """A grammar with its dice; `used` holds the lines that the frame being written has."""

    grammar: Grammar
    rng: random.Random
    used: set[tuple[str, str]] = field(default_factory=set)

    def expand(self, template: str) -> str:
        """`template` with every hole filled; slots stay marked."""
        text = template
        while hole := _HOLE.search(text):
            text = text[: hole.start()] + self._fill(hole) + text[hole.end() :]
        return text

    def line(self, rule: str) -> str:
        """A line of a rule, another one each time in a frame while there are others."""
        lines = self.grammar.rules[rule]
        for _ in range(8):
            line = self.rng.choice(lines)
            if (rule, line) not in self.used or "{" in line:
                break
        self.used.add((rule, line))
        return line

    def frame(self, intent: str, *, verb: bool, polite: bool) -> str:
        """The marked words of one action; with `verb` one that begins with a verb if there is."""
        self.used.clear()
        do, say = self.grammar.do.get(intent, ()), self.grammar.say.get(intent, ())
        if not do or (say and not verb and self.rng.random() < len(say) / (len(do) + len(say))):
            return self.expand(self.rng.choice(say))
        words = self.expand(self.rng.choice(do))
        if not polite:
            return words
        return self.expand(self.rng.choice(self.grammar.polite)).replace("~", words)

    def _fill(self, hole: re.Match[str]) -> str:
        low, high, rule, slot, choice = hole.groups()
        if low:
            return str(self.rng.randint(int(low), int(high)))
        if rule:
            return self.line(rule)
        return f"[{{{slot}}}]({slot})" if slot else self.rng.choice(choice.split("|"))


def generate(seed: int, count: int) -> Iterator[Said]:
    """`count` messages in both languages; the same seed gives the same ones."""
    return (draft.said() for draft in drafts(seed, count))


def drafts(seed: int, count: int) -> Iterator[Draft]:
    """`generate`, in pieces."""
    rng = random.Random(seed)
    table = _table()
    grammars = [_grammar(name) for name in table["languages"]]
    shares = list(table["languages"].values())
    seen: set[str] = set()
    for _ in range(count):
        grammar = rng.choices(grammars, shares)[0]
        chained = rng.random() < table["chained"]
        intent = rng.choices(list(table["weights"]), list(table["weights"].values()))[0]
        for _ in range(_TRIES):
            draft = _message(Writer(grammar, rng), "" if chained else intent)
            text = "".join(piece.words for piece in draft.pieces).strip()
            if text not in seen:
                break
        seen.add(text)
        yield draft


@lru_cache(maxsize=1)
def by_hand() -> tuple[Said, ...]:
    """The messages of `requests/`; those under `mixed` name their intents inside."""
    return tuple(draft.said() for draft in drafts_by_hand())


def roughened(draft: Draft, rng: random.Random) -> Draft:
    """A draft with its language's noise on it."""
    noise = _grammar(draft.language).noise
    return replace(draft, pieces=roughen(draft.pieces, draft.language, noise, rng))


def drafts_by_hand() -> tuple[Draft, ...]:
    """`by_hand`, in pieces."""
    return tuple(
        Draft(language, *read(line if intent == "mixed" else f"@{intent} {line}"))
        for file in sorted(_beside("requests").glob("*.toml"))
        for intent, languages in tomllib.loads(file.read_text(encoding="utf-8")).items()
        for language, lines in languages.items()
        for line in lines
    )


def joins() -> dict[str, Sequence[str]]:
    """By language how actions are joined: "before|after" the boundary between two frames."""
    return {language: _grammar(language).joins for language in _table()["languages"]}


def chains() -> list[list[str]]:
    """Intents that people put into one message, in their order."""
    return [chain.split() for chain in _table()["chains"]]


def read(marked: str) -> tuple[tuple[str, ...], tuple[Piece, ...]]:
    """The intents of a marked message and its pieces. ValueError where no intent comes first."""
    heads = list(_FRAME.finditer(marked))
    if not heads or heads[0].start():
        raise ValueError(f"no intent at the beginning: {marked}")
    ends = [head.start() for head in heads[1:]] + [len(marked)]
    pieces: list[Piece] = []
    for index, (head, end) in enumerate(zip(heads, ends, strict=True)):
        at = head.end()
        for slot in _SLOT.finditer(marked, at, end):
            pieces += [Piece(marked[at : slot.start()], "", index), Piece(slot[1], slot[2], index)]
            at = slot.end()
        pieces.append(Piece(marked[at:end], "", index))
    return tuple(head[1] for head in heads), tuple(piece for piece in pieces if piece.words)


def _said(told: tuple[Sequence[str], Sequence[Piece]], language: str) -> Said:
    intents, pieces = told
    frames = tuple(
        Frame(intent, tuple((p.slot, p.words) for p in pieces if p.slot and p.frame == index))
        for index, intent in enumerate(intents)
    )
    return Said("".join(piece.words for piece in pieces).strip(), language, frames)


def _message(writer: Writer, intent: str) -> Draft:
    grammar = writer.grammar
    marked = _one(writer, intent) if intent else _several(writer)
    intents, pieces = read(_tidy(marked, grammar.language))
    rough = roughen(pieces, grammar.language, grammar.noise, writer.rng)
    return Draft(grammar.language, intents, rough)


def _one(writer: Writer, intent: str) -> str:
    verb, polite = writer.rng.random() < 0.3, writer.rng.random() < 0.45
    return f"@{intent} {writer.frame(intent, verb=verb, polite=polite)}"


def _several(writer: Writer) -> str:
    """Two to four actions, joined as people do; after the first each begins with a verb."""
    rng = writer.rng
    first, *others = rng.choice(writer.grammar.chains).split()
    words = writer.frame(first, verb=rng.random() < 0.7, polite=rng.random() < 0.3)
    marked = f"@{first} {words}"
    for intent in others:
        before, after = rng.choice(writer.grammar.joins).split("|")
        words = writer.frame(intent, verb=True, polite=False)
        marked = f"{marked}{before} @{intent} {after}{words}"
    return marked


def _tidy(marked: str, language: str) -> str:
    """Single spaces, none before a comma, "an" before a vowel."""
    text = re.sub(r"\s+", " ", marked).strip()
    text = re.sub(r" +([,.!?;，。！？])", r"\1", text)
    if language == "zh":
        return re.sub(r"(?<=[\u4e00-\u9fff，。！？]) (?=@?[\u4e00-\u9fff\[])", "", text)
    return re.sub(r"\b([Aa]) (?=\[?(?!uk|uni|use|eu|one)[aeiouAEIOU])", r"\1n ", text)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(_beside("grammar.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=2)
def _grammar(language: str) -> Grammar:
    table = _table()
    own = table[language]
    rules = {**_names(language), **own["rules"]}
    parts = {part: own[part] for part in ("do", "say", "polite", "joins", "noise")}
    return Grammar(language, rules, chains=table["chains"], **parts)


def _names(language: str) -> dict[str, Sequence[str]]:
    """The vocabulary's spellings as rules; names twice, so that nicknames do not crowd them out."""
    words = load()
    players = (*words.instruments, *words.kits, *words.groups, *words.ensembles)
    kinds: dict[str, Sequence[Entry]] = {
        "any_style": tuple(words.styles),
        "any_mood": tuple(words.moods),
        "any_instrument": players,
    }
    return {
        rule: [
            spelling.lower()
            for entry in entries
            for spelling in (entry.name(language), entry.name(language), *entry.aliases)
            if (_CHINESE.search if language == "zh" else _LATIN.fullmatch)(spelling)
        ]
        for rule, entries in kinds.items()
    }


def _beside(name: str) -> Path:
    return Path(__file__).with_name(name)

"""Vocabulary in running text: longest match, negation, and misspelt words.

In: a folded text and the lexicon. Out: matches in order, words corrected on the way, and the spans
that meant nothing. Negation reaches over lists ("without piano, drums or bass").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.agent.lexicon import Lexicon, Token, is_han, tokenise
from models.planner.names import near

# When one spelling has several meanings, the first of these counts ("choir" is a player, ...).
_ORDER = ("style", "mood", "player", "ensemble", "tempo", "pace", "size", "purpose", "filler")
_PLAYERS = ("instrument", "group", "kit")
_MISSPELT = 5  # letters; shorter words are one edit away from too many others
# Words that are a style only where nobody owns them or dates them: "my house", "in march".
_OWNED = re.compile(r"\b(?:my|our|your|his|her|their|in)\s+$")
_TELLING = ("piano", "guitar", "harpsichord", "sitar", "钢琴", "吉他", "古筝")
_HOMELY = frozenset({"house", "country", "soul", "march", "trap", "swing", "metal", "latin"})
# "Chill vibes" are an atmosphere; vibes are an instrument where they are played or listed.
_ATMOSPHERES = frozenset({"vibes"})
_PLAYED = re.compile(
    r"(?:^|\b(?:with|and|on|for|plus|feat|featuring|add|solo|no|without)|[,、+&/])\s*$"
)

_NOT = re.compile(
    r"(?:\bno|\bnot(?!\s+only|\s+just)|\bwithout|\bw/o|\bminus|\bexcept(?:\s+for)?|\bnever|\bnon"
    r"|\b(?:don't|do\s+not|doesn't|does\s+not|shouldn't|should\s+not)\s+(?:use|want|add|include|need|like|make\s+it|be)"
    r"|\bdon't|\bavoid|\bskip|\bleave\s+out|\bdrop|\blose|\bremove|\bisn't|\bain't|\bzero"
    r"|\banything\s+but|\bnothing|\bless|\bfewer|\binstead\s+of|\brather\s+than|\bhates?)"
    r"(?:\s+(?:too|very|so|really|any|the|a|an|overly|that|use|using|of|sound|sounding|make|it|be|to"
    r"|my|much|more|kind|all|big|loud|heavy|live))*[\s\-]*$"
    r"|(?:不要|不用|不带|不加|不需要|不想要|不含|不想听|别用|别加|(?<!特)别|没有|无需|无|去掉|去除|除了|避免|不)"
    r"(?:有|用|加|任何|太|那么|过于|很|是|弄|写|得|要|那种|的|出现|使用|搞|了)*\s*$"
)  # fmt: skip
_LIST = re.compile(
    r"\s*(?:,?\s*(?:\bor\b|\bnor\b|\band\b)|/|、|和|或|与|跟|及)\s*(?:any\s+|the\s+)?"
)
_COMMA = re.compile(r"\s*[,，、]\s*")


@dataclass(frozen=True, slots=True)
class Match:
    """A spelling found at [start, end) that means `id` of kind `kind`.

    `meanings` holds every meaning of the spelling by kind; `kind` is the one that counts, "player"
    for instruments, groups and kits.
    """

    kind: str
    id: str
    start: int
    end: int
    written: str
    meanings: Mapping[str, str]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """All matches in order, (written, meant) corrections, and spans nobody understood."""

    matches: tuple[Match, ...]
    corrected: tuple[tuple[str, str], ...]
    leftover: tuple[tuple[int, int], ...]


def find_matches(text: str, lexicon: Lexicon) -> Found:
    """Read a folded text from left to right, always taking the longest spelling."""
    tokens = tokenise(text)
    read = [_without_less(_spelt(token, lexicon), lexicon) for token in tokens]
    matches: list[Match] = []
    corrected: list[tuple[str, str]] = []
    unread: list[Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        hit = lexicon.at(read, place)
        if hit is None:
            unread.append(token)
            place += 1
            continue
        size, meanings = hit
        span = tokens[place : place + size]
        match = _match(text, span, meanings)
        if match is None:
            unread += [t for t in span if not is_han(t.text)]
        elif match.kind != "filler":
            pairs = list(zip(span, read[place : place + size], strict=True))
            drumless = any(token.text == f"{word}less" for token, word in pairs)
            matches += [replace(match, negated=drumless), *_told(match, lexicon)]
            corrected += [
                (token.text, word)
                for token, word in pairs
                if token.text not in (word, f"{word}less")
            ]
        place += size
    matches = _negate(text, matches)
    return Found(tuple(matches), tuple(dict.fromkeys(corrected)), _spans(text, unread))


def _match(text: str, span: Sequence[Token], meanings: Mapping[str, str]) -> Match | None:
    start, end = span[0].start, span[-1].end
    if text[start:end] in _ATMOSPHERES and not _PLAYED.search(text[:start]):
        meanings = {kind: key for kind, key in meanings.items() if kind not in _PLAYERS}
    players = {k: v for k, v in meanings.items() if k in _PLAYERS}
    kinds = {**meanings, **({"player": next(iter(players.values()))} if players else {})}
    kind = next(k for k in _ORDER if k in kinds)
    written = text[start:end]
    if written in _HOMELY and _OWNED.search(text[:start]) and kind == "style":
        return None
    if kind == "mood" and len(written) == 1 and is_han(written) and not _stands_alone(text, start):
        return None
    return Match(kind, kinds[kind], start, end, written, meanings)


def _told(match: Match, lexicon: Lexicon) -> list[Match]:
    """The instrument inside the name of a style: "romantic piano", "surf guitar"."""
    if match.kind != "style":
        return []
    inside = [w for w in _TELLING if w in match.written]
    hits = [lexicon.at([t.text for t in tokenise(word)], 0) for word in inside]
    players = [{k: v for k, v in hit[1].items() if k in _PLAYERS} for hit in hits if hit]
    return [
        replace(match, kind="player", id=next(iter(meanings.values())), meanings=meanings)
        for meanings in players
    ]


def _without_less(word: str, lexicon: Lexicon) -> str:
    """The stem of "drumless" where it names a player; other words as they are."""
    stem = word.removesuffix("less")
    meanings = lexicon.table.get((stem,), {}) if stem != word else {}
    return stem if any(kind in meanings for kind in _PLAYERS) else word


def _stands_alone(text: str, place: int) -> bool:
    """Whether a lone Chinese character is a word of its own: "很冷", "冷的"."""
    before, after = text[:place][-1:], text[place + 1 :][:1]
    if before and before in "很太超更有点好最又且":
        return True
    return not after or after in "的一点又且,，。、" or not (is_han(before) or is_han(after))


def _negate(text: str, matches: Sequence[Match]) -> list[Match]:
    """Mark what a "no", "without", 不要 ... before it, or a "-less" after it, rules out."""
    out: list[Match] = []
    scope = ""
    for match in matches:
        before = out[-1] if out else None
        gap = text[before.end if before else 0 : match.start]
        cue = _NOT.search(gap)
        negated = cue is not None
        if cue:
            scope = cue.group().split()[0] if cue.group().split() else ""
        elif before and before.negated and before.kind == match.kind:
            wide = scope in ("without", "w/o", "minus") or is_han(scope)
            joined = _LIST.fullmatch(gap) and (wide or "and" not in gap)
            negated = bool(joined) or (wide and bool(_COMMA.fullmatch(gap)))
        free = re.match(r"[\s-]free\b", text[match.end :]) is not None
        out.append(replace(match, negated=negated or free or match.negated))
    return out


def _spelt(token: Token, lexicon: Lexicon) -> str:
    """The word itself, or the one vocabulary word that it is a misspelling of.

    Only with the first letter right, one edit (two from nine letters on), and one candidate.
    """
    word = token.text
    if len(word) < _MISSPELT or not word.isalpha() or not token.is_word or lexicon.knows(word):
        return word
    edits = 1 if len(word) < 9 else 2
    candidates = near(word, lexicon.like(word, edits), edits)
    return candidates[0] if len(candidates) == 1 else word


def _spans(text: str, tokens: Sequence[Token]) -> tuple[tuple[int, int], ...]:
    """Spans of unread words; neighbours that only spaces part become one phrase."""
    spans: list[tuple[int, int]] = []
    for token in tokens:
        if not (token.text[0].isalnum() or is_han(token.text)):
            continue
        if spans and not text[spans[-1][1] : token.start].strip():
            spans[-1] = (spans[-1][0], token.end)
        else:
            spans.append((token.start, token.end))
    return tuple(spans)

"""What a piece is called by what it is: "the sad waltz", "the one with flute", "the rain song".

In: folded words. Out: a `Wanted` that says of a stored piece whether it is meant: by style, mood
and instrument of the vocabulary, and by words of its title. Words that say nothing of a piece ("the
one we made") are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from bot.agent import lexicon
from bot.agent.matching import find_matches
from bot.agent.meaning.words import fold
from models import vocabulary
from models.errors import Refusal
from storage.pieces import Piece

ALIKE = "They do not differ in that; say the number or the name of the one you mean."
_NOTHING_SAID = (
    "a an the that this these those my our your me us we i you he she they it its is was were "
    "be one ones piece pieces song songs track tracks tune tunes version versions take takes "
    "thing things music melody composition work recording file result stuff bit with in of "
    "for from at on to and about which what who made make wrote written write did do composed "
    "compose created create generated had have has been just again please now then there here "
    "like as so some any called named s back go open play show last first new before after "
    "very everything all ever own by"
)
_EMPTY = frozenset(_NOTHING_SAID.split())
_SONGS = frozenset(("歌", "曲", "歌曲", "曲子", "音乐"))
_EMPTY_HAN = re.compile(
    r"什么|我们?|你们?|咱们?|他们?|她们?|它们?|大家|那|这|哪|的|了|一|首|个|版本?|支|段|份|条|张|种|曲子?|歌曲?|音乐|作品|东西|旋律|做|写|弄|谱|生成|创作"
    r"|作|过|在|是|叫|有|和|跟|像|把|给|里|用|时候?|刚刚?|刚才|之前|以前|来|去|打开|播放|放|听"
)
#: Titles whose words are spelled nearly so fit on the second try (of 100, rapidfuzz).
_NEARLY, _LONG = 80, 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a piece must have: vocabulary ids, and `names`, words that its title must hold."""

    styles: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    players: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    key: str = ""
    names: tuple[str, ...] = ()
    words: str = ""

    def __bool__(self) -> bool:
        return self.known or bool(self.names)

    @property
    def known(self) -> bool:
        """Whether any of it is of the vocabulary."""
        return bool(self.styles or self.moods or self.players or self.purposes or self.key)

    @property
    def query(self) -> str:
        """Words that the library's index must have."""
        return " ".join((*self.styles[:1], *self.moods[:1], *self.names))

    def fits(self, piece: Piece) -> bool:
        """Whether a piece is all that, or bears these words in its title."""
        return called(piece, self.words) or (self._is(piece) and _holds(piece.title, self.names))

    def nearly(self, piece: Piece) -> bool:
        """Whether it fits but for slips in the longer words of its title."""
        title = fold(piece.title)
        long = [name for name in self.names if len(name) >= _LONG]
        near = all(fuzz.partial_ratio(name, title) >= _NEARLY for name in long)
        short = [name for name in self.names if len(name) < _LONG]
        return bool(long) and near and _holds(title, short) and self._is(piece)

    def _is(self, piece: Piece) -> bool:
        plan = json.loads(piece.plan)
        purpose = plan.get("purpose")
        if self.styles and not any(
            _in_style(piece.style, style) or style == purpose for style in self.styles
        ):
            return False
        if self.moods and not set(self.moods) & set(re.split(r",\s*", piece.mood)):
            return False
        if self.key and self.key != fold(piece.key):
            return False
        if self.purposes and purpose not in self.purposes:
            return False
        return not self.players or bool(set(self.players) & _players(plan))


def wanted(words: str) -> Wanted:
    """What folded words want of a piece; false where they say nothing of it."""
    words = " ".join(re.sub(r"[,，.。!！?？、]|(?<!\w)'s\b", " ", words).split())
    kinds: dict[str, list[str]] = {"style": [], "mood": [], "player": [], "purpose": []}
    key, rest = _key(words)
    for match in find_matches(rest, lexicon.load()).matches:
        if match.kind not in kinds or match.negated or match.written in _EMPTY | _SONGS:
            continue
        kinds[match.kind].append(match.id)
        if match.kind == "style":  # "jazz" is swing, and all of its family; "lullaby" a purpose too
            kinds["style"] += [match.written, match.meanings.get("purpose", match.id)]
        rest = rest[: match.start] + " " * (match.end - match.start) + rest[match.end :]
    styles, moods, players, purposes = (tuple(kinds[kind]) for kind in kinds)
    return Wanted(styles, moods, players, purposes, key, _names(rest), _core(words))


def _key(words: str) -> tuple[str, str]:
    """A key ("d minor", "降B大调") as pieces have it, folded, and the words without it."""
    match = re.search(
        r"\b(?:in\s+)?([a-g])\s?(#|b|sharp|flat)?\s+(major|minor)\b|([升降])?([a-g])\s?(#|b)?(大|小)调",
        words,
    )
    if match is None:
        return "", words
    sign = {"sharp": "#", "flat": "b", "升": "#", "降": "b"}
    tonic = match[1] or match[5]
    mark = match[2] or match[6] or match[4] or ""
    mode = match[3] or {"大": "major", "小": "minor"}[match[7]]
    rest = f"{words[: match.start()]} {words[match.end() :]}"
    return f"{tonic}{sign.get(mark, mark)} {mode}", rest


def _names(rest: str) -> tuple[str, ...]:
    words = (word.removesuffix("'s").strip("'") for word in re.findall(r"[a-z0-9']+", rest))
    latin = [word for word in words if word and word not in _EMPTY]
    han = [run for run in re.findall(r"[\u3400-\u9fff]+", _EMPTY_HAN.sub(" ", rest)) if run]
    return (*latin, *han)


def _core(words: str) -> str:
    """The words without those at both ends that say nothing: what may be a title."""
    tokens = words.split()
    while tokens and tokens[0] in _EMPTY:
        tokens.pop(0)
    while tokens and tokens[-1] in _EMPTY:
        tokens.pop()
    return " ".join(tokens)


def titled(which: str) -> str | None:
    """The title in “Red Shoes”, "the one called Red Shoes", 叫…的; None where none is named."""
    quoted_ = re.search(r"[“\"「『《‹<]([^”\"」』》›>]{1,100})[”\"」』》›>]", which)
    if quoted_:
        return quoted_[1].strip()
    called = re.search(
        r"\b(?:called|named|titled|entitled)\s+(.{1,100})$|(?:名叫|叫做|叫|名为|题为)(.{1,60}?)(?:的.{0,4})?$",
        which.strip(),
        re.IGNORECASE,
    )
    found = (called[1] or called[2]) if called else None
    found = re.sub(r"^(?:something(?: like| with)?|什么)\s*", "", found) if found else None
    return found.strip(" .!?'\"。！？") if found else None


def called(piece: Piece, words: str) -> bool:
    """Whether a piece's title holds these words in a row."""
    title = fold(piece.title)
    if not words or not title:
        return False
    if not words.isascii():
        return words in title
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", title) is not None


def _holds(title: str, names: Sequence[str]) -> bool:
    plain = fold(title)
    return all(
        re.search(rf"(?<!\w){re.escape(name)}", plain) if name.isascii() else name in plain
        for name in names
    )


def _in_style(style: str, asked: str) -> bool:
    if style == asked:
        return True
    styles = vocabulary.load().styles
    return style in styles and styles[style].family == asked


def _players(plan: Mapping[str, Any]) -> set[str]:
    """Instruments of a plan, and the groups that they belong to."""
    parts = plan.get("parts", ())
    ids = {str(part["instrument"]) for part in parts}
    ids |= {"drums"} if any(part.get("role") == "drums" for part in parts) else set()
    groups = vocabulary.load().groups
    return ids | {group.id for group in groups if ids & set(group.members)}


def least(pool: Sequence[Piece], measure: str, fewest: bool) -> Piece:
    """The piece with the least, or else the most, of a measure (`bot.agent.ordering`).

    Raises
    ------
    Refusal
        When they do not differ in it.
    """
    values = {piece.id: _measure(piece, measure) for piece in pool}
    best = min(values.values()) if fewest else max(values.values())
    found = [piece for piece in pool if values[piece.id] == best]
    if len(found) == len(pool) and len(pool) > 1:
        raise Refusal(ALIKE)
    return max(found, key=lambda piece: piece.created)


def _measure(piece: Piece, measure: str) -> float:
    if measure == "bpm":
        return float(json.loads(piece.plan).get("bpm", 0.0))
    return float(getattr(piece, measure))

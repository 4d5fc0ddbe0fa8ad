"""Song ci -> poems with clauses, rhyme, imagery and mood, in three parts that share no author.

The texts mark a rhyme with a full stop and other clauses with a comma, so a `lines` row of the
data is one rhyming unit. Mood is counted from two small lists of characters that name feelings;
the lists that judge written words (`JUDGE`) are others, so that a measure of mood does not merely
find again what it asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.lyricist.chinese.rhyme import rhyme_of

Split = Literal["train", "validation", "test"]
#: dark, glad
LABEL = (frozenset("愁恨伤怨凄孤寂寥断悴黯惆怅苦恸残"), frozenset("喜笑欢庆寿福贺祥瑞荣"))
JUDGE = (frozenset("泪悲哀惨泣啼哭怆恻痛憔"), frozenset("乐欣悦嘉康宁快怡畅"))
#: Feeling characters in a hundred, glad less dark, from which a poem counts as dark or glad.
DARK, GLAD = -2.0, 1.0
_IMAGERY = Path(__file__).with_name("imagery.toml")
_CLAUSE_MARKS = re.compile("[，、；：？！]")
_HAN = re.compile("[\u4e00-\u9fff□\ufffd\U00020000-\U0002ffff\u3400-\u4dbf]+")


@dataclass(frozen=True)
class Poem:
    """A ci: `lines` hold clauses (characters only); `rhymes` a class (1-14, 0 unknown) a line.

    `themes` are its imagery characters, the most telling first; `mood` 1 dark, 2 even, 3 glad.
    """

    author: str
    tune: str
    lines: tuple[tuple[str, ...], ...]
    rhymes: tuple[int, ...] = ()
    themes: str = ""
    mood: int = 0

    @property
    def text(self) -> str:
        """All characters in one string."""
        return "".join(clause for line in self.lines for clause in line)


def read_poems(data: Path) -> list[Poem]:
    """The poems of `data`/verse/song_ci.jsonl as they stand; lines with editors' marks left out.

    Raises
    ------
    FileNotFoundError
        When `data` has no Song ci.
    """
    poems = []
    with (data / "verse" / "song_ci.jsonl").open(encoding="utf-8") as stream:
        for row in map(json.loads, stream):
            lines = [_clauses(line) for line in row["lines"]]
            kept = tuple(line for line in lines if line)
            if kept:
                poems.append(Poem(row["author"], row["tune"], kept))
    return poems


def _clauses(line: str) -> tuple[str, ...]:
    clauses = [c for c in _CLAUSE_MARKS.split(line.rstrip("。")) if c]
    whole = all(_HAN.fullmatch(c) and len(c) <= 9 for c in clauses)
    return tuple(clauses) if whole else ()


def split_of(poem: Poem) -> Split:
    """By author; the many poems of unknown authors each by their own text."""
    key = poem.text if poem.author in {"无名氏", ""} else poem.author
    bucket = hashlib.sha256(key.encode()).digest()[0]
    return "validation" if bucket < 12 else "test" if bucket < 25 else "train"


def deduplicated(poems: Sequence[Poem]) -> dict[Split, list[Poem]]:
    """The three parts, a poem once.

    Poems are handed down under two names: one that shares three in ten of its clauses (of four
    characters or more) with an earlier kept poem is left out; held-out poems are kept first.
    """
    parts: dict[Split, list[Poem]] = {"train": [], "validation": [], "test": []}
    order: tuple[Split, ...] = ("test", "validation", "train")
    seen: dict[str, set[int]] = {}
    for number, poem in sorted(enumerate(poems), key=lambda item: order.index(split_of(item[1]))):
        clauses = {c for line in poem.lines for c in line if len(c) >= 4}
        shared = Counter(other for clause in clauses for other in seen.get(clause, ()))
        if clauses and max(shared.values(), default=0) >= max(1, 0.3 * len(clauses)):
            continue
        for clause in clauses:
            seen.setdefault(clause, set()).add(number)
        parts[split_of(poem)].append(poem)
    return parts


def imagery() -> dict[str, str]:
    """English theme word -> the characters that picture it, in the order of the page."""
    with _IMAGERY.open("rb") as stream:
        return dict(tomllib.load(stream)["themes"])


def labelled(parts: dict[Split, list[Poem]]) -> dict[Split, list[Poem]]:
    """The poems with rhymes, themes and mood; how rare an image is comes from training poems."""
    pictured = set("".join(imagery().values()))
    holding = Counter(c for poem in parts["train"] for c in set(poem.text) & pictured)
    return {split: [_labelled(p, holding) for p in poems] for split, poems in parts.items()}


def _labelled(poem: Poem, holding: Counter[str]) -> Poem:
    counts = Counter(c for c in poem.text if c in holding)
    telling = sorted(counts, key=lambda c: counts[c] / holding[c] ** 0.5, reverse=True)
    return Poem(
        poem.author,
        poem.tune,
        poem.lines,
        tuple(rhyme_of(line[-1]) for line in poem.lines),
        "".join(telling[:6]),
        mood_of(poem.text),
    )


def feeling(text: str, lists: tuple[frozenset[str], frozenset[str]] = LABEL) -> float:
    """Glad less dark characters, in a hundred."""
    dark, glad = (sum(c in named for c in text) for named in lists)
    return 100 * (glad - dark) / max(1, len(text))


def mood_of(text: str) -> int:
    """1 dark, 2 even, 3 glad."""
    value = feeling(text)
    return 1 if value <= DARK else 3 if value >= GLAD else 2


def grams(lines: Iterable[str], size: int = 5) -> set[str]:
    """Every run of `size` characters inside a clause."""
    return {line[i : i + size] for line in lines for i in range(len(line) - size + 1)}

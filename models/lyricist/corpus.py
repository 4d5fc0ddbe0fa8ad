"""Public-domain stanzas, made ready to learn from: today's spelling and marks, themes and moods.

In: `verse/stanzas.jsonl` (see its README). Out: `Stanza` values, split by book.

A stanza is kept when its author is known to have died in 1955 or earlier, when nothing in it is
archaic or a slur, and when it rhymes. Eight lines become two stanzas of four. Marks are reduced to
those a lyric sheet has: comma, full stop, question and exclamation mark; the words stay as they
are. The theme of a stanza is the words of a common vocabulary nearest to it in meaning (MiniLM),
whether they stand in it or not, so that a theme means what it says rather than "use these words".
The mood is the valence of its words in VADER's lexicon (Hutto & Gilbert, ICWSM 2014), in five
steps of equal size over the corpus.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from models.lyricist.valence import valence

HERE = Path(__file__).parent
#: The last year of death whose works are public domain nearly everywhere today.
LAST_DEATH = 1955
#: Moods in order of valence.
MOODS = ("dark", "sad", "plain", "warm", "glad")
Split = Literal["train", "validation", "test"]

_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*'?|'[A-Za-z]+")
_SLUR = re.compile(r"nigg(?!ard)|darkies|darky|\bcoons?\b|\bjews?\b|jewess|squaw|\bnegro", re.I)


@dataclass(frozen=True)
class Stanza:
    """Lines of verse with what was told about them.

    `scheme` has a letter a line; `syllables` are counted by CMUdict; `themes` are nearest first.
    """

    lines: tuple[str, ...]
    syllables: tuple[int, ...]
    end_words: tuple[str, ...]
    scheme: str
    book: str
    themes: tuple[str, ...] = ()
    mood: str = "plain"


@cache
def function_words() -> frozenset[str]:
    """Words that carry grammar rather than meaning, in lower case."""
    return frozenset((HERE / "function_words.txt").read_text().split())


@cache
def archaic_words() -> frozenset[str]:
    """Words of verse that nobody sings today, in lower case."""
    return frozenset((HERE / "archaic_words.txt").read_text().split())


@cache
def unsung_words() -> frozenset[str]:
    """Archaic words, and further ones of verse that only a rhyme asks for, in lower case."""
    return archaic_words().union((HERE / "unsung_words.txt").read_text().split())


def words_of(line: str) -> list[str]:
    """The words of a line as written, with their apostrophes."""
    return _WORD.findall(line)


def split_of(book: str) -> Split:
    """The fixed split of a book: 90 % train, 5 % validation, 5 % test, by a hash of its name."""
    bucket = hashlib.sha256(book.encode()).digest()[0]
    return "train" if bucket < 230 else "validation" if bucket < 243 else "test"


def read_stanzas(data: Path) -> list[Stanza]:
    """Every stanza that passes the rules above, in the file's order, without themes and moods.

    Raises
    ------
    FileNotFoundError
        When `data` has no `verse/stanzas.jsonl`.
    """
    stanzas: list[Stanza] = []
    with (data / "verse" / "stanzas.jsonl").open(encoding="utf-8") as file:
        for text in file:
            stanzas.extend(_from_row(json.loads(text)))
    return stanzas


def _from_row(row: dict[str, Any]) -> Iterator[Stanza]:
    died = row["author_died"]
    if row["archaic"] or not isinstance(died, int) or died > LAST_DEATH:
        return
    lines = [tidy(line) for line in row["lines"]]
    if not all(lines) or any(_SLUR.search(line) for line in lines):
        return
    if any(word.lower() in archaic_words() for line in lines for word in words_of(line)):
        return
    syllables, scheme = row["syllables"], row["scheme"]
    book = f"{row['author']}: {row['book']}"
    step = 4 if len(lines) == 8 else len(lines)
    for start in range(0, len(lines), step):
        part = slice(start, start + step)
        letters = renamed(scheme[part])
        if len(set(letters)) < len(letters):
            yield Stanza(
                lines=tuple(lines[part]),
                syllables=tuple(syllables[part]),
                end_words=tuple(words_of(line)[-1].lower() for line in lines[part]),
                scheme=letters,
                book=book,
            )


def tidy(line: str) -> str:
    """A line with only the marks of a lyric sheet, its first letter a capital; "" if unfit."""
    line = line.replace("’", "'").replace("‘", "'").replace("æ", "ae")
    if re.search(r"[^A-Za-z' ,.;:!?\"()—–“”-]", line) or re.search(r"\b[A-Z]{2,}\b", line):
        return ""
    line = re.sub(r"[;:—–]|--+", ",", line)
    line = re.sub(r"[\"()“”]|(?<![A-Za-z])'(?![A-Za-z])", "", line).replace("-", " ")
    line = re.sub(r"\s+([,.!?])", r"\1", line)
    line = re.sub(r"([,.!?])[,.!?]+", r"\1", line)
    line = re.sub(r"([,.!?])(?=[A-Za-z'])", r"\1 ", line)
    line = re.sub(r"\s+", " ", line).strip(" ,'") + ("," if line.rstrip().endswith(",") else "")
    if not words_of(line):
        return ""
    return line[0].upper() + line[1:]


def renamed(scheme: str) -> str:
    """A scheme with its letters in order of first use: "BCBC" -> "ABAB"."""
    letters: dict[str, str] = {}
    return "".join(letters.setdefault(letter, chr(65 + len(letters))) for letter in scheme)


def theme_vocabulary(stanzas: Iterable[Stanza], least: int = 60) -> list[str]:
    """Content words common enough in the corpus to name a theme, most frequent first."""
    counts = Counter(
        word.lower() for stanza in stanzas for line in stanza.lines for word in words_of(line)
    )
    return [
        word
        for word, count in counts.most_common()
        if count >= least and len(word) > 2 and "'" not in word and word not in function_words()
    ]


def with_labels(
    stanzas: Sequence[Stanza], texts: np.ndarray, vocabulary: Sequence[str], themes: np.ndarray
) -> list[Stanza]:
    """Stanzas with their six nearest theme words and their mood.

    `texts` (stanzas, d) and `themes` (vocabulary, d) are unit vectors of one encoder. The mean
    over the corpus is taken off both first: without it a few words are near to everything.
    """
    texts, themes = centred(texts), centred(themes)
    feelings = np.array([valence(" ".join(stanza.lines)) for stanza in stanzas])
    edges = np.quantile(feelings, [0.2, 0.4, 0.6, 0.8])
    labelled = []
    for stanza, text, feeling in zip(stanzas, texts, feelings, strict=True):
        nearest = np.argsort(-(themes @ text))[:6]
        labelled.append(
            Stanza(
                **{
                    **stanza.__dict__,
                    "themes": tuple(vocabulary[i] for i in nearest),
                    "mood": MOODS[int(np.searchsorted(edges, feeling))],
                }
            )
        )
    return labelled


def centred(vectors: np.ndarray) -> np.ndarray:
    """Vectors (n, d) less their mean, each of length one again."""
    moved = vectors - vectors.mean(axis=0)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True).clip(1e-9))

"""A writer's text files -> stanzas of lines that can be learned from.

In: the bytes of plain text, Markdown or .lrc files. Out: stanzas (tuples of tidy lines), in order,
none twice; or a sentence that says why a file is none. What is no line of words goes: headings,
time stamps, chords' brackets, lines with figures or in other letters, paragraphs of prose.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from models.errors import Refusal
from models.lyricist.checking import lines_of_text
from models.lyricist.corpus import function_words, tidy, words_of

#: What text files are called, and the most bytes of one.
SUFFIXES = (".txt", ".md", ".lrc")
MOST_BYTES = 512 << 10
#: A line of words has at most so many; longer ones are prose.
_MOST_WORDS = 16
#: A stanza longer than this is cut into parts of `_PART` lines.
_LONGEST, _PART = 6, 4
#: Share of a text's words that are English function words, at the least; verse has about half.
_ENGLISH = 0.25
_FEW_WORDS = 6
_TEXT_CONTROLS = frozenset("\t\n\r\f\v\x1a")
_BRACKETS = re.compile(r"\[[^\]\n]*\]|<\d[\d:.]*>")  # [00:12.50], [ar:name], [Am], <00:12.9>
_MARKUP = re.compile(r"^\s*(?:[-+*]\s+|>\s?|\d+[.)]\s+)+|[*_`~]{1,3}|\\$|\s{2,}$")
_TITLE = re.compile(r"^\s*(?:#{1,6}\s|={3,}|-{3,}|\*{3,})")

Lines = tuple[str, ...]


def decoded(data: bytes, name: str) -> str:
    """The text of a file; `name` is what to call it.

    Raises
    ------
    Refusal
        When it is empty, too large, or no text.
    """
    if not data.strip():
        raise Refusal("“{name}” is empty; send the file again.", name=name[:60])
    if len(data) > MOST_BYTES:
        raise Refusal(
            "“{name}” is larger than the {most} kB I take; send a shorter piece.",
            name=name[:60],
            most=MOST_BYTES // 1024,
        )
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(unicodedata.category(c) == "Cc" and c not in _TEXT_CONTROLS for c in text):
            return text
    raise Refusal(
        "“{name}” is not a text I can read; save it as plain text (UTF-8) and send it again.",
        name=name[:60],
    )


def _encodings(data: bytes) -> Sequence[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    return ("utf-8-sig", "cp1252")


def stanzas_of(texts: Iterable[str]) -> list[Lines]:
    """The stanzas of texts, each once, the long ones in parts of four lines.

    Raises
    ------
    Refusal
        When the texts are in another language than English.
    """
    found: dict[tuple[str, ...], Lines] = {}
    kept = list(texts)
    for text in kept:
        for stanza in _stanzas(text):
            found.setdefault(tuple(plain(line) for line in stanza), stanza)
    if not is_english("\n".join(kept)):
        raise Refusal(
            "I learn how someone writes from English words only, and these are in another "
            "language; send English ones."
        )
    return list(found.values())


def is_english(text: str) -> bool:
    """Whether a text seems to be English; of a few words nobody can say."""
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text.lower())
    known = sum(word.replace("’", "'") in function_words() for word in words)
    return known >= _ENGLISH * (len(words) - _FEW_WORDS)


def plain(line: str) -> str:
    """A line without marks and capitals: what counts as the same line."""
    return " ".join(words_of(line)).lower()


def _stanzas(text: str) -> Iterator[Lines]:
    lines: list[str] = []
    for row in [*text.splitlines(), ""]:
        line = _line(row)
        if line:
            lines.append(line)
        elif lines and not row.strip():
            yield from _parts(lines)
            lines = []


def _line(row: str) -> str:
    """The words of a row as a tidy line, or "" when it is none."""
    if _TITLE.match(row):
        return ""
    row = _MARKUP.sub("", _BRACKETS.sub("", row).strip()).strip()
    if not lines_of_text(row):
        return ""
    latin = unicodedata.normalize("NFKD", row)
    line = tidy("".join(c for c in latin if not unicodedata.combining(c)))
    return line if 2 <= len(words_of(line)) <= _MOST_WORDS else ""


def _parts(lines: Sequence[str]) -> Iterator[Lines]:
    if len(lines) <= _LONGEST:
        yield tuple(lines)
        return
    for start in range(0, len(lines), _PART):
        yield tuple(lines[start : start + _PART])

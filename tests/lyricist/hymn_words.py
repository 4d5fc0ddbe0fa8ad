"""Words of Open Hymnal as people split them under notes: the gold of syllable counts and splits."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

Split = tuple[str, ...]


def hymn_words(data: Path, half: str) -> Counter[Split]:
    """How often each split word is sung in the tunes of one half, "tune" or "test".

    Half of the tunes, by a hash of the file name, are to choose rules with; the other half is to
    report. Words tied to another on one note are left out, and tunes not marked public domain.
    """
    found: Counter[Split] = Counter()
    for path in sorted((data / "hymnal").glob("*.abc")):
        even = hashlib.sha256(path.name.encode()).digest()[0] % 2 == 0
        text = path.read_text(encoding="utf-8", errors="replace")
        if even == (half == "tune") and "public domain" in text.lower():
            for verse in _verses(text):
                found.update(_words(verse))
    return found


def _verses(text: str) -> list[str]:
    """The text of each verse: the n-th w: line under every system."""
    verses: list[list[str]] = []
    at = 0
    for line in text.splitlines():
        if line.startswith("w:"):
            if at == len(verses):
                verses.append([])
            verses[at].append(line[2:])
            at += 1
        elif not line.startswith("%"):
            at = 0
    return [" ".join(verse) for verse in verses]


def _words(verse: str) -> list[Split]:
    verse = re.sub(r"\d+\.?~?|\*|\||\bRefrain:?~?", " ", verse)
    words: list[Split] = []
    syllables: list[str] = []
    for token in re.findall(r"[^\s-]+-?|-", verse.replace("_", " ")):
        syllables.append(token.rstrip("-"))
        if not token.endswith("-"):
            words.append(tuple(syllables))
            syllables = []
    cleaned = (tuple(re.sub(r"[^\w'’~]", "", part).lower() for part in word) for word in words)
    return [word for word in cleaned if all(word) and not any("~" in part for part in word)]

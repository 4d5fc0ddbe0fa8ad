"""A long text in messages that Discord takes: cut between paragraphs, lines, then words.

In: text. Out: parts of at most `MOST` characters, none empty but for an empty text. A code block
that is cut is closed and opened again.
"""

from __future__ import annotations

#: Discord's 2,000 less what a note about a missing file may add.
MOST = 1900
_FENCE = "```"


def split(text: str, most: int = MOST) -> list[str]:
    """Cut a text where people would; at least one part."""
    parts: list[str] = []
    rest = text
    while len(rest) > most:
        cut = _place(rest, most - len(_FENCE) - 1)
        part, rest = rest[:cut].rstrip(), rest[cut:].lstrip()
        if part.count(_FENCE) % 2:
            part, rest = f"{part}\n{_FENCE}", f"{_FENCE}\n{rest}"
        parts.append(part)
    return [*parts, rest] if rest or not parts else parts


def _place(text: str, most: int) -> int:
    """Where to cut: after the last paragraph, line, sentence or word that fits, else anywhere."""
    for mark in ("\n\n", "\n", ". ", "。", " "):
        at = text.rfind(mark, most // 2, most)
        if at > 0:
            return at + len(mark)
    return most

"""What a song is called and which line people remember.

In: written stanzas with their kinds. Out: the hook, the first line of the chorus, and a title
from it.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.lyricist.corpus import function_words, words_of
from models.lyricist.song import Sheet

#: Words of a title.
TITLE = 5


def hook_of(sheets: Sequence[Sheet]) -> str:
    """The line people remember: the first of the chorus, or of the song."""
    for sheet in sheets:
        if sheet.ask.kind == "chorus" and sheet.lines:
            return sheet.lines[0].text.rstrip(",.!?")
    return sheets[0].lines[0].text.rstrip(",.!?") if sheets and sheets[0].lines else ""


def title_of(hook: str) -> str:
    """The hook's longest phrase as a title: about five words, not ending on a small one."""
    phrases = [_shortened(words_of(phrase)) for phrase in hook.split(",")]
    words = max(phrases, key=len)
    return " ".join(word[0].upper() + word[1:] for word in words)


def _shortened(words: list[str]) -> list[str]:
    """From the first word that is no conjunction to the last fit end within `TITLE` words.

    Where there is none, to the first after them: "when we are in the city's night".
    """
    while len(words) > 1 and words[0].lower() in ("and", "but", "or", "for", "that", "so"):
        words = words[1:]
    ends = [
        place
        for place, word in enumerate(words, 1)
        if place > 1 and word.lower() not in function_words() and not word.endswith("'s")
    ]
    near = [place for place in ends if place <= TITLE]
    return words[: near[-1] if near else ends[0] if ends else TITLE]

"""What a person may ask of words, read from options, forms and the command line.

In: words and letters as typed ("leaving home, hopeful", "ABAB"). Out: a `Writing` whose mood is a
vocabulary id and whose themes are phrases, still without the music it is for; or a refusal that
says what is missing. No Discord, no models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.agent import lexicon
from bot.agent.matching import find_matches
from bot.agent.phrases import Page
from bot.agent.understand import language
from bot.domain import Writing
from models import vocabulary
from models.errors import Refusal
from models.lyricist import schemes
from models.lyrics import Language
from models.planner.names import require

#: Languages that words are written in, as a command offers them.
LANGUAGE_CHOICES = {"en": "English", "zh": "Chinese, in the classical style of Song ci"}
NO_WORDS = "“{title}” has no words yet; let me write some with /lyrics first."
#: Themes that are kept, and characters of each, of a line and of a whole text by a person.
MOST_THEMES, LONGEST_THEME, LONGEST_LINE, LONGEST_TEXT = 5, 60, 120, 4000
_PARTS = re.compile(r"\s*(?:[,;.!?/&+，、；。！？]|\band\b|\bbut\b|和|与|但)\s*")
_LEAD = re.compile(
    r"^(?:(?:words|lyrics|a\s+(?:song|poem)|songs?|something|it)\s+)?"
    r"(?:(?:about|on|of|with|for|to)\s+)?(?:(?:the|a|an|my|our|some|how|very|being|feeling)\s+)*"
    r"|^(?:写|关于|有关)+",
)
_TAIL = re.compile(r"(?:\s+(?:of|in|the|a|and|mood|feeling|way|with|but))+$|的(?:歌词?|词|故事)?$")


@dataclass(frozen=True, slots=True)
class About:
    """What words are to be about: phrases, and a mood (vocabulary id) when one was said."""

    themes: tuple[str, ...]
    mood: str | None = None


def subject(text: str) -> About:
    """Read "leaving home, hopeful": the moods of the vocabulary are the mood, the rest the themes.

    A text that is nothing but moods ("joy") is theme and mood at once.
    """
    page = Page.of(text.strip())
    matches = find_matches(page.folded, lexicon.load()).matches
    moods = [m for m in matches if m.kind == "mood" and not m.negated]
    whole = _phrases(page.written)
    for match in moods:
        page.blank(match.start, match.end)
    rest = _phrases(page.written)
    return About(rest or whole, moods[0].id if moods else None)


def _phrases(text: str) -> tuple[str, ...]:
    found = []
    for part in _PARTS.split(re.sub("[¦ ]+", " ", text)):
        phrase = _TAIL.sub("", _LEAD.sub("", part.strip().lower())).strip(" '\"“”-—")
        if phrase and any(c.isalpha() for c in phrase):
            found.append(phrase[:LONGEST_THEME])
    return tuple(dict.fromkeys(found))[:MOST_THEMES]


def writing(
    about: str | None = None,
    mood: str | None = None,
    scheme: str | None = None,
    language: str | None = None,
    explicit: bool = False,
    first_line: str | None = None,
    required: str | None = None,
    title: str | None = None,
    sing: bool = False,
) -> Writing:
    """Words to be written, from what was typed; `required` are words with commas between them.

    Raises
    ------
    Refusal
        When the mood, the scheme or the language is none, or a line is too long.
    """
    asked = subject(about or "")
    chosen = require(vocabulary.load().moods, mood).id if mood else asked.mood
    return Writing(
        "write",
        about=" ".join((about or "").split())[:200],
        themes=asked.themes,
        mood=chosen,
        scheme=rhyme_scheme(scheme),
        language=_language(language),
        clean=not explicit,
        first_line=_line(first_line or ""),
        required=tuple(w for w in re.split(r"[\s,，、;；]+", required or "") if w)[:8],
        name=" ".join((title or "").split())[:100],
        sing=sing,
    )


def rhyme_scheme(text: str | None) -> str | None:
    """Letters of a rhyme scheme, None when none was typed.

    Raises
    ------
    Refusal
        When it is not one to twelve letters.
    """
    return schemes.checked(text) if text and text.strip() else None


def own(text: str) -> Writing:
    """A person's own words, line for line.

    Raises
    ------
    Refusal
        When there are none, or too many.
    """
    if not text.strip():
        raise Refusal("There are no words to check; write one line of words for each sung line.")
    if len(text) > LONGEST_TEXT:
        raise Refusal(
            "That is {count} characters of words; I read at most {most}.",
            count=len(text),
            most=LONGEST_TEXT,
        )
    return Writing("own", text=text, language="zh" if language(text) == "zh" else "en")


def _language(text: str | None) -> Language | None:
    if not text:
        return None
    found: dict[str, Language] = {
        "en": "en", "english": "en", "英语": "en", "英文": "en",
        "zh": "zh", "chinese": "zh", "中文": "zh", "汉语": "zh",
    }  # fmt: skip
    known = found.get(text.strip().lower())
    if known is None:
        raise Refusal(
            "I write words in English or Chinese; I cannot read “{text}”.", text=text[:20]
        )
    return known


def _line(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > LONGEST_LINE:
        raise Refusal(
            "A line of words has at most {most} characters; yours has {count}.",
            most=LONGEST_LINE,
            count=len(line),
        )
    return line


def joined(asked: Writing, said: Writing | None) -> Writing:
    """What is asked, completed by what a request's own text says that words are about."""
    if asked.themes or said is None or asked.act != "write":
        return asked
    mood = asked.mood or said.mood
    return replace(asked, about=said.about, themes=said.themes, mood=mood)

"""How the agent talks: small talk with some character, and what could be done next.

In: what was said, and the session as it is. Out: sentences (English gettext templates with values).
Nothing is claimed that was not done: small talk states no fact, and the next step that is offered
is one that the session allows. Which phrasing is used is drawn from the words and the turn, so that
the same test always sees the same one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

from bot.agent.values import Sentence, Session
from bot.wording import quoted

#: Kinds of small talk -> what gives them away; the first that is found counts.
_TALK: Sequence[tuple[str, str]] = (
    ("bye", r"\b(?:bye|goodbye|good\s*night|gn|see\s+(?:you|ya)|cya|ttyl)\b"
            r"|再见|拜拜|晚安|回见|下次见"),
    ("who", r"\b(?:who|what)\s+(?:are|r)\s+(?:you|u)\b|\byour\s+name\b"
            r"|\bare\s+you\s+(?:a\s+)?(?:real|human|bot|robot|ai|person)\b"
            r"|你是谁|你叫什么|你是(?:什么|真人|机器人|人)|什么来头"),
    ("how", r"\bhow\s+(?:are|r)\s+(?:you|u|things)\b|\bhow(?:'s|\s+is)\s+it\s+going\b"
            r"|\bhow\s+do\s+you\s+do\b|\bwhat'?s\s+up\b|\bwassup\b|\bsup\b"
            r"|你好吗|最近(?:怎么样|好吗|如何)|过得|还好吗|怎么样啊"),
    ("thanks", r"\b(?:thanks|thank\s+(?:you|u)|thx|ty|cheers|appreciate)\b"
               r"|谢谢|多谢|感谢|谢啦|谢了|辛苦"),
    ("blame", r"\b(?:bad|terrible|awful|stupid|sucks?|hate|useless|boring|ugly|worst|dumb)\b"
              r"|\bnot\s+(?:good|great|nice|funny|cool)\b"
              r"|难听|不好|太差|垃圾|烂|无聊|没用|笨|失望"),
    ("praise", r"\b(?:love|great|awesome|amazing|cool|nice|wow|brilliant|perfect|beautiful"
               r"|good\s+(?:job|bot|work)|well\s+done|best|wonderful|fantastic|impressive)\b"
               r"|厉害|真棒|好棒|太棒|不错|牛|赞|好听|漂亮|完美|优秀|喜欢你"),
    ("sorry", r"\b(?:sorry|my\s+bad|apologi[sz]e|oops)\b|对不起|抱歉|不好意思"),
    ("joke", r"\b(?:joke|funny|lol|haha+|lmao|hehe)\b|笑话|哈哈|嘿嘿|好笑"),
    ("hello", r"\b(?:hi+|hey+|hello+|yo|howdy|greetings|morning|evening)\b"
              r"|\bgood\s+(?:morning|evening|afternoon|day)\b"
              r"|你好|您好|嗨|哈喽|早上好|早安|早啊|晚上好|下午好|大家好|在吗|在不在"),
)  # fmt: skip
#: Some phrasings of each kind; none of them claims anything that would have to be true.
TALK_CHOICES: dict[str, tuple[str, ...]] = {
    "hello": (
        "Hello! My staves are ruled and my pencils are sharp.",
        "Hi there. You bring the mood, I bring the bars.",
        "Hey! Good to hear from you, even without notes.",
    ),
    "thanks": (
        "You are welcome. It was my pleasure, in four parts.",
        "Any time; I only know how to stop at a double bar line.",
        "Gladly! Tell me when the next tune is itching.",
    ),
    "how": (
        "In tune, thank you for asking. I am a program, so my moods are the ones you ask for.",
        "Steady at sixty beats a minute. I am software, so I have no bad days, only bad chords.",
        "Well rested: I wait between your messages like a long fermata.",
    ),
    "who": (
        "I am Segno, a program that composes, arranges, writes words and recommends music.",
        "Segno, named after the sign where music jumps back to. I am software, and I make music "
        "from your words.",
    ),
    "praise": (
        "Thank you! I will write that over the staff in italics.",
        "That is kind of you. The notes did their part too.",
        "Music to my ears, if I had any.",
    ),
    "blame": (
        "Fair enough; a wrong note is just one that was not changed yet. Tell me what to change.",
        "I hear you. Say what bothers you, such as too fast, too busy or too sad, and I change it.",
    ),
    "sorry": (
        "No harm done; even Bach crossed things out.",
        "Nothing to be sorry for. Undo exists for a reason.",
    ),
    "joke": (
        "I would tell the one about the fermata, but it takes too long.",
        "I keep a straight face, and a swung eighth.",
    ),
    "bye": (
        "Goodbye! I leave the pedal down.",
        "See you at the repeat sign.",
    ),
    "any": (
        "I am better at music than at talk, but I am listening.",
        "I would answer that with a melody. Give me a mood and I do.",
        "That is beyond my clefs; music I can do.",
    ),
}  # fmt: skip
#: One concrete thing to do next, by what the session holds.
QUESTION = "My question is still open: choose one of its answers, or ask for something else."
FILE = "Your file “{title}” is waiting: say “arrange it as bossa nova”, for instance."
CHOOSE = "There are {count} versions to choose from: say “the second one”, for instance."
LISTED = "My last list is still here: say “make something like the first one”, for instance."
NEXT_CHOICES = (
    "“{title}” is on the table: shall I make it slower, or give it words?",
    "“{title}” is on the table: say “make it brighter”, or ask me to explain its chords.",
    "“{title}” is on the table: four variations of it are one sentence away.",
)
START_CHOICES = (
    "Try “a wistful waltz in D minor, one minute”.",
    "Say “lo-fi for studying, no drums”, for instance, and I begin.",
    "Shall I write you something? “A happy song about rain” would do to start.",
)
OTHER_CHOICES = (
    "That is outside what I do; I make music: compose, arrange, write words, change and recommend.",
    "I cannot help with that, but I can compose, arrange, write lyrics or recommend music.",
)


def draw(choices: Sequence[str], words: str, turn: int) -> str:
    """One of several phrasings; the same words at the same turn draw the same."""
    return choices[zlib.crc32(f"{turn}:{words.strip().lower()}".encode()) % len(choices)]


def kind_of(words: str) -> str:
    """Which small talk words are; "any" where nothing gives it away."""
    plain = words.lower()
    return next((kind for kind, pattern in _TALK if re.search(pattern, plain)), "any")


def talk(words: str, session: Session) -> tuple[Sentence, ...]:
    """An answer to small talk, and one thing that could be done next, except after a goodbye."""
    kind = kind_of(words)
    answer: Sentence = (draw(TALK_CHOICES[kind], words, len(session.said)), {})
    return (answer,) if kind in ("bye", "blame") else (answer, onward(session, words))


def other(words: str, session: Session) -> tuple[Sentence, ...]:
    """One honest sentence about what is done here instead."""
    return ((draw(OTHER_CHOICES, words, len(session.said)), {}),)


def onward(session: Session, words: str = "") -> Sentence:
    """One concrete thing to do next that the session allows."""
    if session.question is not None:
        return QUESTION, {}
    if session.file:
        return FILE, {"title": quoted(session.file.partition(":")[2], 60)}
    if len(session.choices) > 1:
        return CHOOSE, {"count": len(session.choices)}
    turn = len(session.said)
    on_table = next((v for v in session.versions if v.piece_id == session.table), None)
    if on_table is not None and on_table.title:
        return draw(NEXT_CHOICES, words, turn), {"title": quoted(on_table.title, 60)}
    if session.listing and session.suggested:
        return LISTED, {}
    return draw(START_CHOICES, words, turn), {}

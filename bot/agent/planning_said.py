"""One thing that was said, with everything that a step is made from.

In: a heard frame, its message, the session and what earlier steps of the plan make. Out: a `Told`,
which hands out slot words, the piece that is meant, the place in it, and the words without what
must not be read as music (themes, titles, names).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.agent.meaning import answers, named, parts, spans
from bot.agent.meaning.words import fold, unquoted
from bot.agent.values import Asker, Sentence, Session, Step
from models.listener.heard import HeardFrame

_LONGEST, _LONGEST_WORDS = 500, 2000
#: Said of the piece on the table, and nothing else.
_PRONOUN = re.compile(
    r"(?:it|this|that|everything|all of it|(?:this|that)\s+(?:one|thing|tune|piece|song|track|beat)"
    r"|the\s+(?:piece|song|track|tune|beat|thing|music|whole\s+(?:thing|piece|song|track))|same"
    r"|它|这个?|那个?|这首歌?(?:曲子?)?|那首歌?(?:曲子?)?|整首歌?(?:曲子?)?|整体|全体|全曲|整个|全部|这首曲子|这一首|这版|这个版本|这"
    r"歌|这段|那段|刚才那首|刚才的|全首|整曲)"
)
#: Said of something that must have been sent along.
FILE_WORDS = re.compile(
    r"\b(?:file|midi|mid|hum(?:med|ming)?|record(?:ing|ed)|attach(?:ed|ment)?|upload(?:ed)?"
    r"|voice\s+(?:memo|note|message)|whistl\w+|abc|lead\s+sheet"
    r"|what\s+i\s+(?:just\s+)?(?:hum|sang|play|whistl)\w*)\b"
    r"|文件|哼|录音|录了|附件|上传|口哨|语音",
    re.ASCII,
)
_LEAD = re.compile(
    r"^[\s,.;:!?&，。；！？、~]*(?:(?:and|then|also|next|plus|now|ok(?:ay)?|alright|so|oh|but|first"
    r"|finally|after\s+that|when\s+that's\s+done|please|pls|actually|just|hey|hi|um|hmm|segno|yo)\b"
    r"[\s,.;:!]*|(?:然后|再|接着|最后|同时|顺便|并且?|还要|另外|完了|之后|弄好以后|请|麻烦|帮我|好|嗨|那个|先"
    r"|现在|就|也)[\s，,。；]*)*"
)
_TAIL = re.compile(r"(?:[\s,.;:&，。；、]|\b(?:and|then|with|also|but)\b|然后|再|和|并)+$")
_KEEPS = re.compile(
    r"\b(?:don'?t\s+(?:touch|change)|keep(?:ing)?|leave|not\s+touching|without\s+(?:touching|changing))"
    r"\s+(?:the\s+|my\s+|its\s+)?$|(?:别动|不动|别改|保留|留着)(?:这[段个])?\s*$",
    re.ASCII,
)
_CALLED = (
    r"(?:\b(?:called|titled|named|entitled|name\s+it|call\s+it|title\s+it|title|name)\b\s*:?\s*"
    r"|(?:名字|标题|题目|名)?\s*(?:叫做?|是|为|取名)\s*|标题|题目)$"
)
_ABOUT = (
    r"(?:,?\s*\b(?:about|on\s+the\s+theme\s+of|theme|on|of|based\s+on|inspired\s+by|with\s+the\s+theme"
    r"|its?\s+about)\b\s*:?\s*|(?:关于|有关|主题是?|讲|写|以|围绕|说)\s*)$"
)
_AFTER_HOW = (
    r"(?:,?\s*\b(?:in\s+the\s+(?:style|manner|spirit)\s+of|(?:something\s+)?like|à\s+la|a\s+la|similar\s+to"
    r"|sounding\s+like|by|as)\b\s*|(?:按照?|像|类似于?|模仿|仿照?|学)\s*)$"
)
_FOR = r"(?:,?\s*\b(?:for|to|with|from|of|that)\b\s*|(?:送给|写给|给|送|献给)\s*)$"
#: Slots that say nothing of the music, what leads to each, and what may follow it.
_NOT_MUSIC: dict[str, tuple[str, str]] = {
    "title": (_CALLED, r"^(?:\s*的)?"),
    "theme": (_ABOUT, r"^(?:为主题)?(?:的)?"),
    "artist": (_AFTER_HOW, r"^(?:那种|这种|一样|的)?(?:风格|感觉|味道)?(?:的)?"),
    "work": (_AFTER_HOW, r"^(?:那样|那种|一样)?(?:的)?"),
    "person": (_FOR, r"^(?:\s+(?:would|will|might|could|'d)\s+(?:all\s+)?(?:like|love|enjoy)\b"
        r"|(?:都|会|都会)"
                     r"?喜欢的)?"),
    "line": (r"(?:\b(?:the\s+line|the\s+words|line|words|with|start(?:ing)?\s+with)\b\s*)*$", r"^"),
    "which": (r"(?:\b(?:on|to|over|for|of)\b\s*)?$", r"^"),
    "language": (r"(?:\b(?:in|sung\s+in)\b\s*)?$", r"^(?:的)?"),
    "without": (
        r"(?:[\s,]*(?:\b(?:no|not|nor|or|and|any|with|without|leave|leaving|left|out|minus|but|please|the"
        r"|teh|an?)\b|w/o|不要|不用|别用|别加|没有|不带|去掉|和|或|、))*\s*$",
        r"^\s*(?:(?:left\s+out|removed|taken\s+out)\b|去掉)?",
    ),
    "scheme": (r"(?:\b(?:rhym\w+|scheme)\b\s*)*$", r"^(?:\s*(?:rhyme\s+)?scheme\b)?"),
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A frame with its words; `made` is the step of this plan that made the piece meant by "it"."""

    intent: str
    slots: tuple[tuple[str, str], ...]
    text: str
    session: Session
    asker: Asker
    made: int | None = None
    opened: bool = False

    def all(self, name: str) -> tuple[str, ...]:
        """The words of every slot of that name."""
        return tuple(words for slot, words in self.slots if slot == name)

    def one(self, name: str) -> str:
        """The words of the first slot of that name, "" where there is none."""
        return next(iter(self.all(name)), "")

    @property
    def locale(self) -> str:
        """The language that names are shown in."""
        return self.asker.locale

    @property
    def folded(self) -> str:
        """The frame's text in lower case."""
        return fold(self.text)

    def says(self, pattern: str) -> bool:
        """Whether the frame's text has a pattern; Chinese beside a Latin word bounds it."""
        return re.search(pattern, self.folded, re.ASCII) is not None

    @property
    def has_piece(self) -> bool:
        """Whether there is something that "it" can mean."""
        known = self.session.table or self.session.file
        return bool(known or self.made or self.opened)

    @property
    def named_piece(self) -> str:
        """Words that name another piece than the one on the table, "" where there are none."""
        titles = self.all("title") if self.intent in ("show", "explain", "rate") else ()
        said = (w for w in self.all("which") if not _PRONOUN.fullmatch(fold(w)))
        return next(said, "") or next(map(unquoted, titles), "")

    @property
    def which(self) -> str:
        """What a tool's `which` is: "$n", "it", or the words of the person."""
        if words := self.named_piece:
            return words
        return f"${self.made}" if self.made else "it"

    def strength_of(self, index: int) -> str:
        """The strength words beside a slot: just before it, else just after it."""
        for place in (index - 1, index + 1):
            if 0 <= place < len(self.slots) and self.slots[place][0] == "strength":
                return self.slots[place][1]
        return ""

    @property
    def places(self) -> tuple[dict[str, str], ...]:
        """Where it holds: each section or the bars as arguments; one empty one for everywhere."""
        found = []
        for slot, words in self.slots:
            if slot == "section" and not self.keeps(words):
                found.append({"section": spans.section(words)})
            elif slot == "bars" and not self.keeps(words) and (said := spans.bars(words)):
                found.append({"bars": said})
        return tuple(found) or ({},)

    @property
    def part(self) -> str:
        """The part that is worked on, "" for none."""
        found = [words for words in self.all("part") if not self.keeps(words)]
        return parts.part(found[0]) if found else ""

    def keeps(self, words: str) -> bool:
        """Whether something is named only to say that it stays as it is."""
        return _KEEPS.search(self.before(words)) is not None

    def before(self, words: str) -> str:
        """What stands before some words in the frame's text, in lower case; "" at the beginning."""
        place = self.text.find(words)
        return f"{fold(self.text[:place])} " if place > 0 else ""

    def step(self, tool: str, **args: Any) -> Step:
        """A step with those arguments that say something, after the step that makes its piece."""
        said = {k: _short(k, v) for k, v in args.items() if v not in (None, "", [], (), False)}
        uses = [int(v[1:]) for v in said.values() if isinstance(v, str) and v.startswith("$")]
        return Step(tool, said, tuple(uses))


@dataclass(frozen=True)
class Drafted:
    """The steps of one frame, with what was assumed; their `after` counts from 1 in the plan."""

    steps: tuple[Step, ...] = ()
    notes: tuple[Sentence, ...] = ()
    ask: tuple[Sentence, tuple[tuple[Sentence, tuple[Step, ...]], ...]] | None = None

    def noted(self, notes: Sequence[Sentence]) -> Drafted:
        """With further notes."""
        return replace(self, notes=(*self.notes, *notes))


@dataclass
class Notes:
    """Notes as they gather while a frame is read."""

    said: list[Sentence] = field(default_factory=list)

    def add(self, *notes: Sentence) -> None:
        """Keep notes that were not said yet."""
        self.said += [n for n in notes if n not in self.said]


def _short(name: str, value: Any) -> Any:
    """An argument within what tools accept (`bot.agent.tools.types`)."""
    if not isinstance(value, str):
        return value
    return value[:_LONGEST_WORDS] if name == "words" else value[:_LONGEST]


def told(
    frame: HeardFrame,
    text: str,
    session: Session,
    asker: Asker,
    made: int | None,
    opened: bool = False,
) -> Told:
    """A frame with its words taken out of the message."""
    start, end = frame.span
    words = text[start:end] if 0 <= start < end <= len(text) else text
    return Told(frame.intent, frame.slots, words.strip(), session, asker, made, opened)


def music_words(frame: Told) -> str:
    """The frame's text without what is not about the music, and without what chains it."""
    text = frame.text
    for name, (before, after) in _NOT_MUSIC.items():
        for words in frame.all(name):
            if name == "person" and answers.person(words) == "us":
                continue  # the reader knows "something we'd all like"
            if name == "without" and (not (gone := named.left_out(words)).ids or gone.notes):
                continue  # it stays, so that the reader can say that it knows it not
            place = text.find(words)
            if place < 0:
                continue
            head = re.sub(before, "", text[:place], flags=re.IGNORECASE)
            tail = re.sub(after, "", text[place + len(words) :], count=1, flags=re.IGNORECASE)
            text = f"{head.rstrip(' “”《》「」')} {tail.lstrip('“”《》「」')}"
    return trimmed(text)


def trimmed(text: str) -> str:
    """Words without the connectives, signs and spaces around them."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+(?=[,.;!?，。；！？])|(?<=[\u3400-\u9fff])\s(?=[\u3400-\u9fff])", "", text)
    text = re.sub(r"([,，;；、])(?:\s*[,，;；、])+", r"\1", text).strip()
    shorter = re.sub(_LEAD, "", text, count=1)
    match = re.match(_LEAD.pattern, text, re.IGNORECASE)
    shorter = text[match.end() :] if match else shorter
    return _TAIL.sub("", shorter).strip(" ,.;:，。；：、")


def title_of(frame: Told) -> str:
    """What ours is to be called, without quotes."""
    return unquoted(frame.one("title"))[:100]


def theme_of(frame: Told) -> str:
    """What words are about, as one phrase."""
    return ", ".join(unquoted(w) for w in frame.all("theme"))[:200]


def players_of(frame: Told, slot: str, notes: Notes) -> list[str]:
    """Ids of who is named in the slots "instrument" or "without"; names that are none are noted."""
    read = named.left_out if slot == "without" else named.players
    found = [read(words, frame.locale) for words in frame.all(slot)]
    for players in found:
        notes.add(*players.notes)
    return list(dict.fromkeys(key for players in found for key in players.ids))

"""What a list of suggestions says: a heading, and each place with its name and reason.

In: a fresh `Listing`, or the rows that were kept of one. Out: text. What a list was asked for
(`Asked`) is a short key, which the buttons under it carry (`bot.recommend_ui`):

    WHAT|MODE|MEMBERS|STYLES     style||<ids in base 64, 11 characters each>|lofi,waltz
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from bot import wording
from bot.i18n import translate
from bot.taste.values import Listing, Mode, Note, What
from bot.wording import quoted
from models.recommender.values import Kind, Reason

MOST_MEMBERS = 5
MARKS = {"like": "👍", "dislike": "👎", "never": "🚫", "used": "🎼"}
#: What each list is called.
HEADINGS = {
    "track": "Tracks for you",
    "artist": "Artists for you",
    "piece": "Pieces made here, for you",
    "style": "Styles for you",
    "mood": "Moods for you",
    "instrument": "Instruments for you",
    "progression": "Chord progressions for you",
    "loop": "Loops for you",
    "for-us": "For all of you",
}
#: What a place is, in a list of several kinds.
KINDS = {
    "track": "track",
    "artist": "artist",
    "piece": "piece",
    "style": "style",
    "mood": "mood",
    "instrument": "instrument",
    "progression": "progression",
    "loop": "loop",
}
#: Why there is no list; what to do about it.
EMPTY_CHOICES = {
    "track": "I know no tracks to suggest yet. Send me your listening with /listening import, or "
    "name some with /listening add.",
    "artist": "I know no artists to suggest yet. Send me your listening with /listening import, or "
    "name some with /listening add.",
    "piece": "There is no piece here that I could suggest yet. Make one with /compose.",
    "for-us": "I know nothing yet that would suit all of you. Tell me what you like with "
    "/taste declare.",
}
NOTHING = (
    "I have nothing to suggest just now; tell me more about what you like with /taste declare."
)
NOT_KEPT = "Nothing of this is kept, so I learn nothing from it; the button below changes that."
#: Five lines of the longest fit into a message.
_LONGEST_REASON, _LONGEST_TITLE, _LONGEST_ARTIST = 200, 90, 60
_LONGEST_KEY = 80
_MODES: Mapping[str, Mode] = {"": "least_misery", "a": "average"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list was asked for: enough to make another one after a restart."""

    what: What
    mode: Mode = "least_misery"
    member_ids: tuple[int, ...] = ()
    declared: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """At most 80 characters, see the module."""
        ids = b"".join(member.to_bytes(8, "big") for member in self.member_ids)
        mode = next(code for code, name in _MODES.items() if name == self.mode)
        packed = base64.urlsafe_b64encode(ids).decode().rstrip("=")
        return "|".join((self.what, mode, packed, ",".join(self.declared)))

    @classmethod
    def of(cls, key: str) -> Asked:
        """Read a key back."""
        what, mode, packed, styles = key.split("|", 3)
        ids = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        members = tuple(int.from_bytes(ids[n : n + 8], "big") for n in range(0, len(ids), 8))
        declared = tuple(filter(None, styles.split(",")))
        return cls(cast("What", what), _MODES[mode], members, declared)


@dataclass(frozen=True, slots=True)
class Line:
    """One place of a list as it is shown; `mark` is what its reader did with it, "" for nothing."""

    kind: Kind
    key: str
    title: str
    artist: str
    reason: Reason
    wildcard: bool
    place: int
    mark: str = ""

    @property
    def named(self) -> str:
        """The name to show, on one line and with its markup made harmless."""
        artist = f" · {_cut(quoted(self.artist), _LONGEST_ARTIST)}" if self.artist else ""
        return f"**{_cut(quoted(self.title), _LONGEST_TITLE)}**{artist}"

    @property
    def value(self) -> str:
        """What names it where no list is kept: its kind and key, which fit but for rare tracks."""
        name = f"{self.kind}:{self.key}"
        return name if len(name) <= _LONGEST_KEY else f"{name[: _LONGEST_KEY - 2]}…{self.place}"


def lines_of(listing: Listing) -> list[Line]:
    """The lines of a fresh list."""
    return [
        Line(s.item.kind, s.item.key, s.item.title, s.item.artist, s.reason, s.wildcard, s.place)
        for s in listing.suggestions
    ]


def said(
    asked: Asked, lines: Sequence[Line], locale: str, notes: Sequence[Note] = (), tail: str = ""
) -> str:
    """The message: a heading, a line and a reason for each place, notes; within Discord's limit."""
    head = f"**{translate(HEADINGS[asked.what], locale)}**"
    body: list[str] = []
    for line in lines:
        kind = f" ({translate(KINDS[line.kind], locale)})" if asked.what == "for-us" else ""
        mark = f" {MARKS.get(line.mark, '')}".rstrip()
        body += [f"{line.place + 1}. {line.named}{kind}{mark}", f"-# {_because(line, locale)}"]
    ends = [f"-# {wording.refusal(template, values, locale)}" for template, values in notes]
    text = "\n".join([head, *body])
    for end in [*ends, tail]:
        if end and len(text) + len(end) < wording.MESSAGE:
            text += f"\n{end}"
    return text[: wording.MESSAGE]


def _because(line: Line, locale: str) -> str:
    """The reason of a line; a wildcard is called one."""
    reason = told(line.reason, locale)
    if line.wildcard and line.reason.kind != "wildcard":
        reason = translate("A wildcard: {reason}", locale, reason=reason)
    reason = f"🃏 {reason}" if line.wildcard else reason
    return _cut(reason, _LONGEST_REASON)


def _cut(text: str, length: int) -> str:
    """Text of at most `length` characters; no backslash is parted from what it makes harmless."""
    return text if len(text) <= length else text[: length - 1].rstrip("\\") + "…"


def told(reason: Reason, locale: str) -> str:
    """A reason in a language, other people's words in it made harmless."""
    values = {
        name: quoted(value, 100) if isinstance(value, str) else value
        for name, value in reason.values.items()
    }
    return wording.refusal(reason.template, values, locale)

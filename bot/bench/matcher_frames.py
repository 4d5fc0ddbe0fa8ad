"""The vocabulary matcher's reading as frames: the reference that the listener is measured against.

In: a message. Out: one `Frame`. The matcher was made to read requests for music, so that its
intent is what it says it saw, and `compose` wherever it found something to compose from; its
slots are the words it matched, at their places.
"""

from __future__ import annotations

from bot.agent import lexicon, understand, wishes
from bot.agent.matching import find_matches
from bot.agent.phrases import Page, take_key
from models.errors import Refusal
from models.listener.frames import Frame
from models.planner import quantities

_SLOTS = {
    "style": ("style", "style_not"),
    "mood": ("mood", "mood_not"),
    "player": ("instrument", "without"),
    "ensemble": ("instrument", "without"),
    "tempo": ("tempo", "tempo"),
    "pace": ("pace", "pace"),
    "purpose": ("purpose", "purpose"),
    "size": ("length", "length"),
}
#: What the matcher calls a wish -> our intent; the first that it saw counts.
_WISHES = {"lyrics": "song", "arrange": "arrange", "recommend": "recommend", "edit": "edit"}


def read(text: str) -> Frame:
    """The matcher's frame of a message; `other` where it found nothing or refused."""
    try:
        reading = understand.read(text)
    except Refusal:
        return Frame("other")
    slots = _slots(text)
    for wish, intent in _WISHES.items():
        if wish in reading.wants:
            return Frame(intent, slots)
    return Frame("compose" if reading.brief.to_json() else "other", slots)


def _slots(text: str) -> tuple[tuple[str, str], ...]:
    page = Page.of(text.strip())
    if theme := wishes.take(page).about:
        found = [(page.written.find(theme), "theme", theme)]
    else:
        found = []
    for name, finder in (
        ("tempo", quantities.find_tempo),
        ("length", quantities.find_bars),
        ("length", quantities.find_seconds),
    ):
        if number := finder(page.folded):
            found.append((number.start, name, page.written[number.start : number.end].strip()))
            page.blank(number.start, number.end)
    if meter := quantities.find_meter(page.folded):
        found.append((meter[0], "meter", page.written[meter[0] : meter[1]].strip()))
        page.blank(meter[0], meter[1])
    before = page.written
    if any(take_key(page)):
        taken = [at for at, letter in enumerate(page.written) if letter != before[at]]
        words = before[taken[0] : taken[-1] + 1].removeprefix("in ").strip() if taken else ""
        found.append((taken[0] if taken else 0, "key", words))
    for match in find_matches(page.folded, lexicon.load()).matches:
        if match.kind in _SLOTS:
            name = _SLOTS[match.kind][match.negated]
            found.append((match.start, name, page.written[match.start : match.end]))
    return tuple((name, words) for _, name, words in sorted(found) if words)

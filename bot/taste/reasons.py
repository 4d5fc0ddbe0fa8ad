"""Why an item is on a list: facts in, sentences out, the strongest first.

In: what was found out about one item for one person (`Grounds`). Out: `Reason`s; every item has at
least one, and none says more than what the score rests on. What others do is told only of enough
people (`ENOUGH_PEOPLE`, `ENOUGH_LISTENERS`). Explanations by the items that contribute most to the
score follow Hu, Koren and Volinsky 2008, section 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.i18n import translate
from bot.taste.values import ENOUGH_LISTENERS, ENOUGH_PEOPLE
from models.recommender.values import Reason

BECAUSE = "Because of {names}, which you listen to or liked."
BECAUSE_GROUP = "Because of {names}, which some of you listen to or liked."
SOUNDS_LIKE = "It is built much like “{title}”, which you liked."
NEAR = "It is close to “{title}”."
PEOPLE = "{count} people here listen to it or liked it."
DECLARED = "You said that you like {names}."
TAGS = "You lean to {names}."
TAGS_GROUP = "Together you lean to {names}."
GOES_WITH = "It often goes with {names}."
POPULAR = "Many people I know of listen to it or liked it."
COMMON = "A good place to begin: it fits most music."
WILDCARD = "A wildcard, a little outside of what you usually hear."
_MOST = 3


@dataclass(frozen=True, slots=True)
class Grounds:
    """What speaks for one item; names are ready to be shown, strongest first.

    `because` are items of one's own that the score rests on; `near` is the item that was asked to
    be near to; `sounds_like` one's own item with the most similar content; `listeners` of `people`
    consenting people here have to do with it; `declared` and `tags` are shared words (what one
    said, what one's items say); `goes_with` are closed-vocabulary items of one's own it goes with;
    `popular` says whether many listen to it.
    """

    because: Sequence[str] = ()
    near: str = ""
    sounds_like: str = ""
    listeners: int = 0
    people: int = 0
    declared: Sequence[str] = ()
    tags: Sequence[str] = ()
    goes_with: Sequence[str] = ()
    popular: bool = False
    wildcard: bool = False
    group: bool = False


def reasons(grounds: Grounds, locale: str) -> tuple[Reason, ...]:
    """All that can be said, the strongest first; never empty."""

    def named(names: Sequence[str]) -> dict[str, str]:
        return {"names": translate(", ", locale).join(names[:_MOST])}

    found: list[Reason] = []
    if grounds.wildcard:
        found.append(Reason("wildcard", WILDCARD))
    if grounds.near:
        found.append(Reason("content", NEAR, {"title": grounds.near}))
    if grounds.because:
        template = BECAUSE_GROUP if grounds.group else BECAUSE
        found.append(Reason("because", template, named(grounds.because)))
    if grounds.sounds_like:
        found.append(Reason("content", SOUNDS_LIKE, {"title": grounds.sounds_like}))
    if grounds.goes_with:
        found.append(Reason("tags", GOES_WITH, named(grounds.goes_with)))
    if grounds.declared:
        found.append(Reason("declared", DECLARED, named(grounds.declared)))
    if grounds.tags:
        found.append(Reason("tags", TAGS_GROUP if grounds.group else TAGS, named(grounds.tags)))
    if grounds.people >= ENOUGH_PEOPLE and grounds.listeners >= ENOUGH_LISTENERS:
        found.append(Reason("people", PEOPLE, {"count": grounds.listeners}))
    if grounds.popular:
        found.append(Reason("popular", POPULAR))
    return tuple(found) or (Reason("popular", COMMON),)

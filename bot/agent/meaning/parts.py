"""The part of a piece that is worked on, as tools name it: a role, else an instrument.

In: words of the slot part ("bass line", "the left hand", "鼓点"). Out: a role of
`models.score.ROLES`, an id of the vocabulary, or the words themselves where they are neither.
"""

from __future__ import annotations

import re

from bot.agent.meaning import named
from bot.agent.meaning.words import bare, latin, mend

_ROLES: tuple[tuple[str, str], ...] = (
    (r"counter\s?-?melod|counterpoint|对位|副旋律", "counter"),
    (r"melod|\btunes?\b|\blead\b|top\s+line|vocal\s+line|right\s+hand|topline|旋律|右手|主音|唱腔|高音|高声部",
     "melody"),
    (r"bass\s?-?line|\bbass(?:\s+part)?$|左手|left\s+hand|低音线|贝斯|低音$|根音", "bass"),
    (r"drum|\bbeat\b|percussion|\bhats?\b|\bkick\b|snare|cymbal|rhythm\s+section|鼓|节奏|打击",
     "drums"),
    (r"chord|harmon|comping|accompan|backing|changes|和弦|和声|伴奏", "chords"),
    (r"\bpads?\b|铺底|音垫", "pad"),
)  # fmt: skip
_KNOWN = latin(
    "melody tune lead top line vocal right left hand bass bassline drums drum part beat percussion",
    "chords harmony comping accompaniment counter strings piano guitar horn string",
)


def part(words: str) -> str:
    """A role ("bass") or an instrument's id, as tools find parts by."""
    plain = mend(bare(words), _KNOWN)
    for pattern, role in _ROLES:
        if re.search(pattern, plain):
            return role
    player = re.sub(r"\s*(?:parts?|lines?|section)$|(?:部分|声部)$", "", plain)
    found = named.players(player)
    return found.id if found.ids and not found.notes else plain

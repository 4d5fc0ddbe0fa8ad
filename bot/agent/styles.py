"""Which style is meant when a text names several.

In: matches of style words. Out: one style, those set aside, and whether it goes in three. English
and Chinese put the head last ("celtic metal" is metal), but the telling word may stand before a
family's plain name ("lo-fi hip hop") or before what the music is for ("a horror soundtrack").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.agent.matching import Match
from models.vocabulary import Style, Vocabulary

# Styles that say what music is for rather than how it goes; they yield to any other that is named.
_SETTINGS = frozenset({"cinematic", "film_epic", "game_adventure", "corporate", "children", "edm"})
# The plain name of a family ("jazz", "hip hop") yields to a style of that family beside it.
_FAMILIES = frozenset({"pop", "rock", "boom_bap", "rnb", "swing", "blues_shuffle", "salsa", "folk",
                       "classical"})  # fmt: skip
# "flamenco guitar" and "trap drums" name a style too; "classical guitar" is only an instrument.
_IN_PLAYERS = ("jazz", "flamenco", "metal", "rock", "funk", "celtic", "tango", "blues", "trap",
               "punk", "爵士", "摇滚")  # fmt: skip


@dataclass(frozen=True, slots=True)
class StyleChoice:
    """`style` is None when none was named; `ruled_out` are styles that were only refused."""

    style: Style | None = None
    others: tuple[Style, ...] = ()
    ruled_out: tuple[Style, ...] = ()
    in_three: bool = False


def choose_style(text: str, matches: Sequence[Match], words: Vocabulary) -> StyleChoice:
    """The style of a text: the head of its first run of style words; any style may be a waltz."""
    said = [m for m in matches if m.kind == "style"]
    named = [m for m in said if not m.negated]
    if not named:
        ruled_out = tuple(words.styles[m.id] for m in said)
        return StyleChoice(_of_players(matches, words), ruled_out=ruled_out)
    telling = [m for m in named if m.id not in _SETTINGS] or named
    run = [telling[0]]
    for match in telling[1:]:
        if re.fullmatch(r"[\s\-/+&]*", text[run[-1].end : match.start]):
            run.append(match)
    style = words.styles[_head([m.id for m in run], words)]
    in_three = any("waltz" in m.id for m in run)
    rest = dict.fromkeys(m.id for m in telling if not (in_three and m.id == "waltz"))
    kin = {i for i in rest if i in _FAMILIES and words.styles[i].family == style.family}
    rest = {i: None for i in rest if i not in kin and i != style.id}
    return StyleChoice(style, tuple(words.styles[i] for i in rest), (), in_three)


def _of_players(matches: Sequence[Match], words: Vocabulary) -> Style | None:
    for match in matches:
        if match.kind == "player" and not match.negated:
            for word in _IN_PLAYERS:
                if match.written.startswith(word):
                    return words.styles.find(word)
    return None


def _head(run: Sequence[str], words: Vocabulary) -> str:
    dances = [i for i in run if i != "waltz"] or list(run)
    family = words.styles[dances[-1]].family
    kin = [i for i in dances if words.styles[i].family == family]
    return ([i for i in kin if i not in _FAMILIES] or kin)[-1]

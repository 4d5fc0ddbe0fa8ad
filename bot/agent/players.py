"""Who plays, from the instruments named and ruled out in a text.

In: matches of players, with negation. Out: exact instrument and kit ids as a `Brief` holds them.
The planner uses named instruments all and only; a text is looser: "a rock song with saxophone"
means a band with a saxophone in it, "for solo cello" means a cello, "for string quartet" an
ensemble, which plays alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.agent.matching import Match
from models.planner import names
from models.vocabulary import Style, Vocabulary, normalise

_ALONE = re.compile(
    r"\b(?:solo|only|just|alone|unaccompanied|nothing\s+but|single|for)\s+(?:an?\s+|one\s+)?$"
    r"|(?:只用|只有|只要|仅|独奏|单独)\s*$"
)
_ALONE_AFTER = re.compile(r"^\s*(?:solo\b|only\b|alone\b|piece\b|solos\b|独奏|曲|独自)")
_SOLO_AFTER = re.compile(r"^\s*solos?\b|^\s*独奏")
_WITH = re.compile(
    r"\b(?:with|featuring|feat|ft|plus|add|including|include|has|have)\b|带|加|有|配"
)
# A word that is also a style or an instrument is an ensemble where music is written for it.
_FOR = re.compile(
    r"\b(?:for|by)\s+(?:an?\s+|the\s+|my\s+|our\s+|(?:small|large|full|mixed)\s+)*$|[为給给由]\s*$"
)
_ENSEMBLE_AFTER = re.compile(r"^\s*(?:arrangement|ensemble|band|setting|编制|版)")
_PIECE_AFTER = re.compile(r"^\s*(?:pieces?\b|music\b|works?\b|anthem\b|曲|作品)")
_BANDS = ("band", "乐队", "乐团")


@dataclass(frozen=True, slots=True)
class Cast:
    """Ids wanted and refused; `completed` are those of `wanted` that nobody named.

    With an `ensemble` nobody else is wanted; `left_out` are those who were. `stand_ins` are
    (match, id) where a sound plays for an instrument that General MIDI lacks.
    """

    wanted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    stand_ins: tuple[tuple[Match, str], ...] = ()
    dropped_kits: bool = False
    ensemble: str | None = None
    left_out: tuple[str, ...] = ()


def choose_players(
    text: str,
    matches: Sequence[Match],
    words: Vocabulary,
    style: Style | None,
    lesson: bool = False,
) -> Cast:
    """Resolve the players of a text; what is wanted by name outweighs a group that is refused.

    A `lesson` is for one or two players: an ensemble is read as the instruments in it.
    """
    said = [m for m in matches if m.kind in ("player", "ensemble")]
    refused = [i for m in said if m.negated for i in _refused(match=m, words=words)]
    if not lesson and (alone := _ensemble(text, matches, words, style)):
        return replace(alone, refused=tuple(dict.fromkeys(refused)))
    wanted: list[str] = []
    stand_ins: list[tuple[Match, str]] = []
    for match in (m for m in said if not m.negated):
        ids = _wanted(match, words, style)
        if "group" in match.meanings and len(ids) > 1:  # an ensemble without those refused
            ids = tuple(i for i in ids if i not in refused)
        wanted += ids
        if _is_stand_in(match, words):
            stand_ins.append((match, ids[0]))
    wanted = list(dict.fromkeys(wanted))
    kits = [i for i in wanted if i in words.kits]
    wanted = [i for i in wanted if i not in kits[1:]]
    refused = [i for i in dict.fromkeys(refused) if i not in wanted]
    extra = _company(text, said, wanted, refused, words, style)
    return Cast((*wanted, *extra), tuple(refused), tuple(extra), tuple(stand_ins), len(kits) > 1)


def _ensemble(
    text: str, matches: Sequence[Match], words: Vocabulary, style: Style | None
) -> Cast | None:
    """The ensemble that a text is for, if any: not one that joins a band or other players."""
    for match in matches:
        if match.negated or "ensemble" not in match.meanings:
            continue
        before, after = text[: match.start], text[match.end :]
        cued = bool(_FOR.search(before) or _ENSEMBLE_AFTER.match(after))
        if "style" in match.meanings:
            cued = cued or any(word in match.written for word in _BANDS)
        elif "instrument" in match.meanings:
            cued = cued or bool(_PIECE_AFTER.match(after))
        else:
            cued = cued or not _WITH.search(before[-24:])
        if not cued:
            continue
        ensemble = words.ensembles[match.meanings["ensemble"]]
        members = {seat.instrument for seat in ensemble.seats}
        others = [m for m in matches if m.kind == "player" and m is not match and not m.negated]
        ids = [i for m in others if m.start < match.start or m.start >= match.end
               for i in _wanted(m, words, style) if i not in members]  # fmt: skip
        if ids and ("group" in match.meanings or ensemble.id == "solo_piano"):
            continue  # a band with strings, a piano among others
        return Cast(ensemble=ensemble.id, left_out=tuple(dict.fromkeys(ids)))
    return None


def _seated(match: Match, words: Vocabulary) -> tuple[str, ...]:
    """The instruments of an ensemble, each once, as far as a band can seat them."""
    seats = words.ensembles[match.meanings["ensemble"]].seats
    ids = dict.fromkeys(s.instrument for s in seats if s.role != "drums")
    return tuple(ids)[:6]


def _wanted(match: Match, words: Vocabulary, style: Style | None) -> tuple[str, ...]:
    for kind in ("instrument", "kit"):
        if kind in match.meanings:
            return (match.meanings[kind],)
    if "group" not in match.meanings:
        return _seated(match, words)
    return names.wanted(words, match.meanings["group"], style.id if style else None)


def _refused(match: Match, words: Vocabulary) -> tuple[str, ...]:
    if "group" in match.meanings:
        return words.groups[match.meanings["group"]].members
    return _seated(match, words) if match.kind == "ensemble" else (match.id,)


def _is_stand_in(match: Match, words: Vocabulary) -> bool:
    key = match.meanings.get("instrument")
    if key is None:
        return False
    spelled = {normalise(s) for s in words.instruments[key].stands_in}
    return normalise(match.written) in spelled


def _company(
    text: str,
    said: Sequence[Match],
    wanted: Sequence[str],
    refused: Sequence[str],
    words: Vocabulary,
    style: Style | None,
) -> list[str]:
    """Who of the style joins a player that was named alone but not as a soloist."""
    pitched = [i for i in wanted if i in words.instruments]
    first = next((m for m in said if not m.negated), None)
    if first is None or len(pitched) > 1:
        return []
    band = style or words.styles["pop"]
    if pitched:
        before, after = text[: first.start], text[first.end :]
        joins = style is not None and _WITH.search(before[-24:])
        # "Rock with a guitar solo" is a band in which the guitar has its moment.
        alone = _ALONE_AFTER.match(after) and not (joins and _SOLO_AFTER.match(after))
        if alone or _ALONE.search(before):
            return []
        player = words.instruments[pitched[0]]
        if not joins and player.family != "bass" and "melody" in player.roles:
            return []
    roles = [band.chords, band.bass] if pitched else [band.melody, band.chords, band.bass]
    company: list[str] = []
    for role in roles:
        taken = (*wanted, *refused, *company)
        if not any(i in role for i in (*pitched, *company)):
            company += [i for i in role if i not in taken][:1]
    has_kit = any(i in words.kits for i in wanted)
    if band.kit and not has_kit and band.kit not in refused:
        company.append(band.kit)
    return company

"""Tools that make something of music that is there: change it, vary it, extend it, arrange it.

In: which music, and what is to become of it. Out: the same requests that the buttons and commands
make (`bot.rework_ask`, `bot.arrange_ask`), or one of kind "edit" (`bot.domain.Change`), which is
measured when it is done.
"""

from __future__ import annotations

from typing import Literal

from bot import arrange_ask, rework_ask
from bot.agent.at import At
from bot.agent.places import bars_of
from bot.agent.tools.change import build, more_bars
from bot.agent.tools.making import split_ensemble
from bot.agent.tools.music import (
    Music,
    about,
    bars_in,
    make,
    music_of,
    plan_of,
    seconds_of,
    with_limit,
)
from bot.agent.tools.types import Names, Slider, Text
from bot.agent.values import Make, Sentence
from bot.asking import Ask
from bot.domain import FAR, NEAR, Arrangement, Change, Edit, Request, Rework
from models.arranger.editing import find_part
from models.errors import Refusal
from storage.pieces import Piece

#: How far a variation goes, by word.
_DISTANCES = {"near": NEAR, "middle": (NEAR + FAR) / 2, "far": FAR}
#: Tools say "melody" where the menu says "tune".
_KEEPS = {"melody": "tune", "drums": "drums", "rhythm": "rhythm", "everything": "everything"}
#: Bars that are added when nobody says how many: a section of the usual length.
_MORE_BARS = 16
FILE_FIRST = "That is a file; let me arrange it first, then I can change this about it."
ONE_AT_A_TIME = "A part is written again once at a time, so this is one version."


async def edit(
    at: At,
    which: Text = "it",
    section: Text = "",
    bars: Text = "",
    part: Text = "",
    tempo: float | None = None,
    pace: float | None = None,
    faster: float | None = None,
    semitones: int | None = None,
    key: Text = "",
    meter: Text = "",
    style: Text = "",
    mood: Text = "",
    avoid: Names = (),
    intensity: Slider = 0,
    fullness: Slider = 0,
    register: Slider = 0,
    loudness: Slider = 0,
    add: Names = (),
    remove: Names = (),
    swap_out: Text = "",
    swap_in: Text = "",
    reroll: Names = (),
    title: Text = "",
    length: Text = "",
    cut: Names = (),
    repeat: Names = (),
) -> Make:
    """Change a piece that exists; what is not named stays as it is.

    which: the piece: it, the second one, an id
    section: only there, such as chorus
    bars: only there, such as 5-8
    part: only that part, such as bass
    tempo: new tempo in quarter notes per minute
    pace: the tempo times this, 2 for twice as fast
    faster: added to the tempo, -10 for slower
    semitones: transpose up, or down when negative
    key: new key, such as G minor, or minor
    meter: new meter, such as 3/4
    style: new style
    mood: new mood
    avoid: moods to get away from
    intensity: rhythm from -2 much calmer to 2 much busier
    fullness: from -2 much thinner to 2 much fuller
    register: from -2 much lower to 2 much higher
    loudness: from -2 much softer to 2 much louder
    add: instruments to add
    remove: instruments or parts to take out
    swap_out: instrument or part to be replaced
    swap_in: instrument that replaces it
    reroll: parts to write again
    title: new title
    length: length of the whole, such as 2 minutes
    cut: sections to take out
    repeat: sections to play twice
    """
    piece = await _ours(at, which)
    change = build(
        piece, at.asker.locale, section=section, bars=bars, part=part, tempo=tempo, pace=pace,
        faster=faster, semitones=semitones, key=key, meter=meter, style=style, mood=mood,
        avoid=avoid, intensity=intensity, fullness=fullness, register=register, loudness=loudness,
        add=add, remove=remove, swap_out=swap_out, swap_in=swap_in, reroll=reroll, title=title,
        length=length, cut=cut, repeat=repeat,
    )  # fmt: skip
    return await _edited(at, piece, change)


async def _edited(at: At, piece: Piece, change: Change) -> Make:
    request = Request("edit", locale=at.asker.locale, parent=piece.id, edit=Edit(piece.id, change))
    seconds = change.seconds or seconds_of(
        piece, (change.length_bars or bars_in(piece)) - bars_in(piece)
    )
    return await make(at, Ask(with_limit(request, at), seconds=seconds), piece)


async def vary(
    at: At,
    which: Text = "it",
    takes: int = rework_ask.CHOICE,
    distance: Literal["near", "middle", "far"] = "middle",
    section: Text = "",
    part: Text = "",
) -> Make:
    """Make other versions of a piece, to choose from.

    which: the piece: it, the second one, an id
    takes: how many, 1 to 8
    distance: how far they go from it
    section: only there, such as bridge or bars 5 to 8
    part: only that part, such as drums
    """
    if part:
        return await _part_again(at, which, takes, section, part)
    music = await music_of(at, which)
    count = min(max(takes, 1), rework_ask.MOST_RESULTS)
    if section:
        piece = await _ours(at, which)
        bars = bars_of(plan_of(piece), section)
        return await _reworked(at, music, Rework("infill", bars=bars, count=count))
    return await _reworked(at, music, Rework("vary", count=count, distance=_DISTANCES[distance]))


async def _part_again(at: At, which: str, takes: int, section: str, part: str) -> Make:
    """One part written anew, everywhere or in some bars."""
    piece = await _ours(at, which)
    plan = plan_of(piece)
    bars = bars_of(plan, section) if section else None
    asked = Arrangement("reroll", source=piece.folder, part=find_part(plan, part).name, bars=bars)
    request = Request("arrange", locale=at.asker.locale, parent=piece.id, arrangement=asked)
    done = await make(at, Ask(with_limit(request, at), seconds=seconds_of(piece)), piece)
    notes: tuple[Sentence, ...] = ((ONE_AT_A_TIME, {}),) if takes > 1 else ()
    return Make(done.request, done.seconds, (*notes, *done.notes), done.options)


async def extend(at: At, which: Text = "it", length: Text = "", section: Text = "") -> Make:
    """Make a piece longer: more of it before its ending.

    which: the piece: it, the second one, an id
    length: how much more (+8 bars), or the whole (2 minutes)
    section: the section to play once more, instead of new bars
    """
    music = await music_of(at, which)
    if music.piece is None:
        bars = more_bars(length, None) or _MORE_BARS
        return await _reworked(at, music, Rework("continue"), bars=min(bars, rework_ask.MOST_BARS))
    if section:
        change = build(music.piece, at.asker.locale, repeat=(section,))
        return await _edited(at, music.piece, change)
    bars = more_bars(length, music.piece) or _MORE_BARS
    return await make(at, about(at, music.piece, "extend", bars), music.piece)


async def arrange(
    at: At,
    which: Text = "it",
    style: Text = "",
    ensemble: Text = "",
    instruments: Names = (),
    keep: Literal["melody", "drums", "rhythm", "everything"] = "melody",
) -> Make:
    """Write a band or an ensemble for a piece, a file or a recording; its melody stays.

    which: the music: it, the second one, an id
    style: the style of the band
    ensemble: such as string quartet
    instruments: who plays
    keep: what of a file stays note for note
    """
    music = await music_of(at, which)
    players, named = split_ensemble(instruments)
    asked = arrange_ask.arrangement(
        style or None, ensemble or named or None, ", ".join(players) or None, _KEEPS[keep]
    )
    if music.piece is not None and keep != "melody":
        raise Refusal(arrange_ask.KEEPS_FILES)
    title = "" if music.piece else music.title
    asked = Arrangement(
        "arrange", source=music.place, title=title, style=asked.style, ensemble=asked.ensemble,
        instruments=asked.instruments, keep=asked.keep,
    )  # fmt: skip
    request = Request(
        "arrange", locale=at.asker.locale, arrangement=asked,
        parent=music.piece.id if music.piece else None,
    )  # fmt: skip
    seconds = seconds_of(music.piece) if music.piece else None
    return await make(at, Ask(with_limit(request, at), seconds=seconds), music.piece)


async def _ours(at: At, which: str) -> Piece:
    """The piece to change; a file is none yet."""
    music = await music_of(at, which)
    if music.piece is None:
        raise Refusal(FILE_FIRST)
    return music.piece


async def _reworked(at: At, music: Music, rework: Rework, bars: int = 0) -> Make:
    """A use of the composer with music, as `/rework` asks for it."""
    piece = music.piece
    task = Rework(
        rework.use, source=music.place, title="" if piece else music.title, bars=rework.bars,
        count=rework.count, distance=rework.distance,
    )  # fmt: skip
    request = Request(
        "rework", locale=at.asker.locale, parent=piece.id if piece else None, bars=bars,
        rework=task,
    )  # fmt: skip
    seconds = seconds_of(piece, bars) if piece else None
    return await make(at, Ask(with_limit(request, at), seconds=seconds), piece)

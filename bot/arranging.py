"""From "play that differently" to pieces that can be recorded: bands, ensembles, edits of players.

In: a `Request` of kind "arrange", a seed and the folder of all pieces. Out: a `PieceFile` with what
was done, which the reply states, and the whole score. Runs in a worker or the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot import hearing
from bot.arrange_ask import KEEPS_FILES
from bot.domain import Arrangement, Request
from bot.piece import Lineage, PieceFile
from bot.policy import TOO_LONG
from bot.reading import reader
from bot.reading.hearing import score_of
from bot.rework import GONE
from models import midi
from models.arranger import editing
from models.arranger.generate import Arranger, Redo, Texture
from models.arranger.guest import open_guest, with_guests, with_parts
from models.arranger.playable import mend
from models.arranger.texture import texture_of
from models.arranger.whole import arrange
from models.composer import generate as uses
from models.composer.generate import Composer
from models.composer.melody_track import skyline
from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.plan import Part, Plan
from models.planner.rework import restyled
from models.score import Note, Score, Track

Draft = tuple[PieceFile, Score]


@dataclass(frozen=True, slots=True)
class Makers:
    """The models that an arrangement may need."""

    composer: Composer
    arranger: Arranger


def draft(request: Request, seed: int, pieces: Path, makers: Makers) -> Draft:
    """Do what a request of kind "arrange" asks; the same arguments give the same score.

    Raises
    ------
    Refusal
        When the music is gone, cannot be read, or does not allow what is asked.
    """
    asked = request.arrangement
    if asked is None:
        raise ValueError("an arrangement says what to do")
    home = home_of(asked.source, pieces)
    if not home.is_dir():
        if asked.act != "arrange":
            raise Refusal("I can change the players of a piece of mine; arrange your file first.")
        return _from_file(request, asked, seed, home, pieces, makers)
    piece = PieceFile.load(home)
    score = midi.read(home / "piece.mid")
    if asked.act == "arrange":
        if asked.keep != Arrangement("arrange").keep:
            raise Refusal(KEEPS_FILES)
        return _again(request, asked, seed, piece, score, pieces, makers)
    plan, changed, done = edited(asked, piece.plan, score, seed, makers.arranger)
    done["same"] = _others_stay(score, changed, done)
    brief = replace(piece.brief, instruments=(), without=())
    return _sketch(request, asked, seed, brief, plan, piece, done), changed


def home_of(place: str | None, pieces: Path) -> Path:
    """Where the music lies that an arrangement names: the folder of a piece, or a file.

    Raises
    ------
    Refusal
        When none is named, or it is gone.
    """
    if not place:
        raise Refusal("Tell me which music to work on: a piece of mine, or a file.")
    home = next((p for p in (pieces / place, pieces.parent / place) if p.exists()), None)
    if home is None:
        raise Refusal(GONE)
    return home


def _from_file(
    request: Request, asked: Arrangement, seed: int, path: Path, pieces: Path, makers: Makers
) -> Draft:
    """A person's file with a band of its own."""
    keep = not Path(str(asked.source)).is_absolute()
    done: dict[str, Any] = {}
    if hearing.is_recording(path):
        heard = hearing.heard_in(path, asked, keep=keep)
        score = score_of(heard, asked.title)
        done["sure"] = hearing.percent(heard)
    else:
        score = reader.read(path, keep=keep)
    guest = open_guest(score, asked.style, asked.keep, seed)
    source = guest.source
    if not source.plan.chords:
        found = uses.harmonise(guest.voice, makers.composer, seed).plan.chords
        source = replace(source, plan=replace(source.plan, chords=found))
    title = asked.title.replace("_", " ").strip()
    plan = replace(source.plan, title=title or source.plan.title, seed=seed)
    _within(plan, asked.longest)
    if asked.ensemble or asked.instruments:
        plan = _seated(plan, asked, guest.kept, seed, request.locale)
    texture = _texture(asked, pieces, makers)
    made = arrange(plan, source.melody, makers.arranger, seed, kept=guest.kept, texture=texture)
    brief = Brief(style=plan.style, key=str(plan.key), bars=plan.bars, ensemble=asked.ensemble)
    done |= _told_apart(guest.kept, made)
    return _sketch(request, asked, seed, brief, plan, None, done), made


def _again(
    request: Request,
    asked: Arrangement,
    seed: int,
    piece: PieceFile,
    score: Score,
    pieces: Path,
    makers: Makers,
) -> Draft:
    """A finished piece played by others: its melody, chords and form stay."""
    plan = piece.plan
    brief = Brief(
        style=asked.style or plan.style, ensemble=asked.ensemble, instruments=asked.instruments,
        meter=str(plan.meter),
    )  # fmt: skip
    fresh = replace(restyled(plan, brief, seed, request.locale), seed=seed)
    track = score.track("melody")
    melody = _in_reach(_tune(plan, track), fresh)
    made = arrange(fresh, melody, makers.arranger, seed, texture=_texture(asked, pieces, makers))
    told = replace(
        piece.brief, style=fresh.style, ensemble=asked.ensemble, instruments=asked.instruments
    )
    done = _told_apart([track] if track else [], made)
    return _sketch(request, asked, seed, told, fresh, piece, done), made


def _tune(plan: Plan, track: Track | None) -> tuple[Note, ...]:
    """The melody of a finished piece; in an ensemble its player also accompanies, and in chords."""
    if track is None or plan.ensemble is None:
        return track.notes if track else ()
    bar = plan.meter.bar_beats

    def sung(note: Note) -> bool:
        return "melody" in plan.section_at(int(note.onset // bar)).roles

    return skyline([n for n in track.notes if sung(n)])


def _told_apart(given: Sequence[Track], made: Score) -> dict[str, list[str]]:
    """What in `made` was given and what was written.

    "kept" are roles whose notes are those of a track that was given, "moved" have them in other
    octaves, "new" are the names of the tracks that were written.
    """
    found: dict[str, list[str]] = {"kept": [], "moved": [], "new": []}
    same = {t.notes for t in given}
    classes = {_classes(t) for t in given if not t.is_drum}
    for track in made.tracks:
        if track.notes in same:
            found["kept"].append(track.role)
        elif not track.is_drum and _classes(track) in classes:
            found["moved"].append(track.role)
        elif track.notes:
            found["new"].append(track.name)
    return {what: list(dict.fromkeys(names)) for what, names in found.items()}


def _classes(track: Track) -> tuple[tuple[float, float, int], ...]:
    """A track's notes without their octaves."""
    return tuple(sorted((n.onset, n.duration, n.pitch % 12) for n in track.notes))


def _in_reach(melody: tuple[Note, ...], plan: Plan) -> tuple[Note, ...]:
    """The melody in octaves that the new player reaches."""
    part = plan.part("melody")
    if part is None or not melody:
        return melody
    return editing.moved(Track("", "melody", 0, melody), part).notes


def _seated(
    plan: Plan, asked: Arrangement, kept: Sequence[Track], seed: int, language: str
) -> Plan:
    """A file's plan with the players that were asked for; what is kept keeps its own."""
    brief = Brief(
        style=plan.style, ensemble=asked.ensemble, instruments=asked.instruments,
        meter=str(plan.meter), tempo=plan.bpm,
    )  # fmt: skip
    fresh = restyled(plan, brief, seed, language)
    if asked.ensemble:  # an ensemble plays all of it, the melody too
        return with_guests(replace(fresh, bpm=plan.bpm, swing=plan.swing), kept)
    plan = with_parts(
        replace(fresh, bpm=plan.bpm, swing=plan.swing), kept, plan.part("melody") is not None
    )
    for wanted in asked.instruments:  # one that would have played what is kept plays beside it
        if wanted not in {p.instrument for p in plan.parts}:
            plan, _ = editing.with_player(plan, wanted)
    return plan


def _texture(asked: Arrangement, pieces: Path, makers: Makers) -> Texture | None:
    if asked.like is None:
        return None
    home = home_of(asked.like, pieces)
    if home.is_dir():
        return texture_of(midi.read(home / "piece.mid"), PieceFile.load(home).plan, makers.arranger)
    score = reader.read(home, keep=not Path(asked.like).is_absolute())
    guest = open_guest(score, keep=("melody", "counter", "chords", "pad", "bass", "drums"))
    return texture_of(score.with_tracks(guest.kept), guest.source.plan, makers.arranger)


def edited(
    asked: Arrangement, plan: Plan, score: Score, seed: int, arranger: Arranger
) -> tuple[Plan, Score, dict[str, Any]]:
    """One change to the players of a piece; all others keep every note.

    Raises
    ------
    Refusal
        When the piece does not allow it.
    """
    track = score.track("melody")
    melody = track.notes if track else ()
    span = _span(asked, plan)

    def written(new: Plan, base: Score, part: Part) -> Score:
        redo = Redo((part.name,), *span)
        return arrange(new, melody, arranger, seed, base=base, redo=redo)

    if asked.act == "add":
        if asked.instrument is None:
            raise Refusal("Tell me which instrument is to join.")
        joined, part = editing.with_player(plan, asked.instrument)
        return joined, written(joined, score, part), {"part": part.name}
    part = editing.find_part(plan, asked.part)
    done: dict[str, Any] = {"part": part.name}
    if asked.act == "mute":
        if asked.bars is None:
            fewer = editing.without_part(plan, part.name)
            return fewer, score.with_tracks(t for t in score.tracks if t.name != part.name), done
        beats = plan.meter.bar_beats
        old = next(t for t in score.tracks if t.name == part.name)
        quiet = editing.silenced(old, span[0] * beats, (span[1] + 1) * beats)
        if not quiet.notes:
            raise Refusal("It plays nowhere else; take the part out altogether instead.")
        return plan, editing.replaced(score, part.name, quiet), done
    if asked.act == "replace":
        if asked.instrument is None:
            raise Refusal("Tell me which instrument is to play it instead.")
        changed, new = editing.given_to(plan, part.name, asked.instrument)
        old = next(t for t in score.tracks if t.name == part.name)
        base = editing.replaced(score, part.name, editing.moved(old, new))
        done["by"] = new.name
        if new.role == "melody" or editing.same_hands(part, new):
            stays = frozenset(t.name for t in score.tracks if t is not old)
            return changed, mend(base, changed, keep=stays), done
        return changed, written(changed, base, new), done
    if part.role == "melody":
        raise Refusal("The melody is written again by /rework; name another part.")
    return plan, written(plan, score, part), done


def _others_stay(before: Score, after: Score, done: Mapping[str, Any]) -> bool:
    """Whether every track but the one that was edited plays the notes that it played."""
    edited = {done["part"], done.get("by")}
    notes = {t.name: t.notes for t in after.tracks}
    return all(notes.get(t.name) == t.notes for t in before.tracks if t.name not in edited)


def _span(asked: Arrangement, plan: Plan) -> tuple[int, int]:
    """The bars meant, counted from 0.

    Raises
    ------
    Refusal
        When the piece does not have them.
    """
    if asked.bars is None:
        return 0, plan.bars - 1
    first, last = asked.bars
    if not 1 <= first <= last <= plan.bars:
        raise Refusal("This piece has {bars} bars; choose some of them.", bars=plan.bars)
    return first - 1, last - 1


def _within(plan: Plan, longest: float | None) -> None:
    if longest is not None and plan.length > longest:
        raise Refusal(TOO_LONG, asked=f"{plan.length:.0f}", most=f"{longest:g}")


def _sketch(
    request: Request,
    asked: Arrangement,
    seed: int,
    brief: Brief,
    plan: Plan,
    piece: PieceFile | None,
    done: dict[str, Any],
) -> PieceFile:
    """The result as a piece to record; `done` is completed with what the reply states."""
    done = {"use": asked.act, "title": plan.title, "seed": seed, **done}
    if asked.bars:
        done["first"], done["last"] = asked.bars
    if asked.like:
        done["like"] = asked.like_title
    for name in ("style", "ensemble", "instrument"):
        if value := getattr(asked, name):
            done[name] = value
    lineage = Lineage(piece.id if piece else None, asked.act)
    return PieceFile(brief, plan, seed, lineage, locale=request.locale, done=done)

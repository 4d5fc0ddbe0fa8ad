"""What a score says that neither MIDI nor MusicXML has a place for, as one line of JSON.

In: a `Score`. Out: ASCII text that travels inside the file (a marker at the end of the MIDI, a
miscellaneous field in the MusicXML) and comes back through `restore`. The notes, chords, meter,
key signature and tempo of the *file* always win: the annotations add only the title, the mode
behind a key signature, the digits of the tempo that the format rounds away, roles and names of
tracks, and the length of each section. Text from a stranger's file is checked like any input.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.score import ROLES, Role, Score, Section, Tempo, Track
from models.theory import MODES, Key, name_at_fifths

_VERSION = 1
_NAME_LIMIT = 200  # characters of a title or a track's name taken from a file


@dataclass(frozen=True, slots=True)
class TrackRow:
    """A track as it was, its notes aside; `silent` tracks have none and may be lost by a file."""

    name: str
    role: Role
    program: int
    is_drum: bool
    silent: bool

    def track(self, found: Track | None) -> Track:
        """The track with this row's name and role, and the notes that the file gave."""
        notes = found.notes if found else ()
        return Track(self.name, self.role, self.program, notes, self.is_drum)


@dataclass(frozen=True, slots=True)
class Annotations:
    """The parsed line; see the module for what each field restores."""

    title: str
    mode: str
    bpms: tuple[float, ...]
    tracks: tuple[TrackRow, ...]
    section_bars: tuple[int, ...]


def to_text(score: Score) -> str:
    """One line of ASCII JSON for a score; `from_text` reads it."""
    return json.dumps(
        {
            "segno": _VERSION,
            "title": score.title,
            "mode": score.key.mode,
            "bpms": [t.bpm for t in score.tempos],
            "tracks": [[t.name, t.role, t.program, t.is_drum, not t.notes] for t in score.tracks],
            "section_bars": [s.bars for s in score.sections],
        },
        separators=(",", ":"),
    )


def from_text(text: str) -> Annotations | None:
    """The annotations in a line, or None when it is not one of ours or was tampered with."""
    try:
        raw: dict[str, Any] = json.loads(text)
        if raw["segno"] != _VERSION or raw["mode"] not in MODES:
            return None
        return Annotations(
            title=str(raw["title"])[:_NAME_LIMIT],
            mode=raw["mode"],
            bpms=tuple(float(b) for b in raw["bpms"]),
            tracks=tuple(_row(*values) for values in raw["tracks"]),
            section_bars=tuple(int(b) for b in raw["section_bars"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _row(name: str, role: str, program: int, is_drum: bool, silent: bool) -> TrackRow:
    if role not in ROLES or not 0 <= int(program) <= 127:
        raise ValueError(role)
    return TrackRow(str(name)[:_NAME_LIMIT], role, int(program), bool(is_drum), bool(silent))


def restore(
    score: Score,
    notes: Annotations,
    match: Callable[[Sequence[Track], Sequence[TrackRow]], tuple[Track, ...]],
) -> Score:
    """The score as it was written, from what its file holds and the annotations in it.

    Parameters
    ----------
    score : Score
        Read from the file alone.
    notes : Annotations
        Read from the same file.
    match : callable
        Pairs the file's tracks with the rows; each format keeps tracks in its own order.
    """
    tempos = score.tempos
    if len(tempos) == len(notes.bpms) and all(
        abs(t.bpm - bpm) <= 0.001 * t.bpm for t, bpm in zip(tempos, notes.bpms, strict=True)
    ):
        tempos = tuple(Tempo(t.onset, b) for t, b in zip(tempos, notes.bpms, strict=True))
    return replace(
        score,
        title=notes.title,
        key=with_mode(score.key, notes.mode),
        tempos=tempos,
        tracks=match(score.tracks, notes.tracks),
        sections=_sections(score.sections, notes.section_bars),
    )


def with_mode(key: Key, mode: str) -> Key:
    """The key of another mode that has the same signature: C major as dorian is D dorian."""
    shift = Key("C", mode).fifths
    return Key(name_at_fifths(key.fifths - shift), mode)


def key_of(fifths: int, minor: bool) -> Key:
    """The major or minor key with a signature of -7..7 fifths."""
    return with_mode(Key(name_at_fifths(fifths)), "minor" if minor else "major")


def _sections(found: tuple[Section, ...], bars: tuple[int, ...]) -> tuple[Section, ...]:
    if len(found) != len(bars):
        return found
    return tuple(replace(s, bars=n) for s, n in zip(found, bars, strict=True))


def guess_role(name: str, program: int, is_drum: bool) -> Role:
    """A role for a track of a stranger's file: drums, bass, what its name says, else other."""
    if is_drum:
        return "drums"
    named = next((role for role in ROLES if role in name.lower()), None)
    return named or ("bass" if 32 <= program <= 39 else "other")


def section_mark(section: Section) -> str:
    """A section as markers and rehearsal marks write it: "[A] verse"."""
    return f"[{section.label}] {section.name}"


def sections_from_marks(marks: Sequence[tuple[int, str]], bars: int) -> tuple[Section, ...]:
    """Sections from (bar, text) of all marks, other texts ignored; each lasts until the next."""
    found = []
    for bar, text in marks:
        label, closed, name = text.removeprefix("[").partition("] ")
        if text.startswith("[") and closed:
            found.append((bar, label, name))
    ends = [bar for bar, _, _ in found[1:]] + [bars]
    return tuple(
        Section(name, label, bar, end - bar)
        for (bar, label, name), end in zip(found, ends, strict=False)
    )

"""A band's arrangement written out for an ensemble.

In: a plan that names an ensemble, its melody, and a band's score of it (the learned arranger's or
the plain one's, from `band_plan`), which gives rhythm, bass line, counter-line and drums. Out: a
score with one track for each seat, in which everybody plays, in range and in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from models.arranger.ensembles.big_band import big_band
from models.arranger.ensembles.hall import Hall, folded
from models.arranger.ensembles.orchestra import orchestra
from models.arranger.ensembles.piano import piano
from models.arranger.ensembles.small import chip, small
from models.arranger.ensembles.voices import Lines, voices
from models.arranger.playable import mend
from models.arranger.stage import nearest
from models.planner.form import character
from models.planner.plan import Part, Plan
from models.score import Note, Role, Score, Track, without_overlaps
from models.vocabulary import load

_WRITERS: dict[str, Callable[[Hall], Lines]] = {
    "piano": piano,
    "voices": voices,
    "big_band": big_band,
    "band": small,
    "chip": chip,
    "orchestra": orchestra,
}
# The band that plays before an ensemble does: (role, instrument, low, high).
_BAND: tuple[tuple[Role, str, int, int], ...] = (
    ("counter", "clarinet", 55, 79),
    ("chords", "piano", 48, 76),
    ("pad", "strings", 48, 79),
    ("bass", "upright_bass", 28, 50),
)


def band_plan(plan: Plan) -> Plan:
    """The same plan for a band of generic instruments, as an arranger is asked for the material.

    Drums only where the ensemble has some. The melody's part stays, so that it is composed for the
    voice that will play it.
    """
    words = load()
    melody = plan.part("melody")
    parts = [] if melody is None else [melody]
    for role, instrument, low, high in _BAND:
        player = words.instruments[instrument]
        parts.append(Part(role, instrument, f"Band {role}", player.program, low, high))
    kit = next((p for p in plan.parts if p.is_drum), None)
    if kit is not None:
        parts.append(kit)
    roles = tuple(p.role for p in parts)
    sections = []
    for s in plan.sections:
        muted = {*character(s.section.name).muted, "melody"}
        sung = ("melody",) if "melody" in s.roles and melody is not None else ()
        sections.append(replace(s, roles=(*sung, *(r for r in roles if r not in muted))))
    return replace(plan, parts=tuple(parts), sections=tuple(sections), ensemble=None)


def arrange(plan: Plan, melody: tuple[Note, ...], band: Score) -> Score:
    """Write a band's arrangement out for the plan's ensemble.

    Parameters
    ----------
    plan : Plan
        With `ensemble`; its parts are the seats that play.
    melody : tuple of Note
        In beats, sorted; every seat that plays it moves it by octaves into its register.
    band : Score
        Tracks with the roles chords, bass, pad, counter and drums, as far as there are any.

    Raises
    ------
    ValueError
        When the plan names no ensemble.
    """
    hall = Hall.of(plan, melody, band)
    lines = _WRITERS[hall.ensemble.writing](hall)
    tracks = [
        Track(p.name, p.role, p.program, _fitted(hall, p, lines.get(p.name, [])), p.is_drum)
        for p in plan.parts
    ]
    score = Score(
        plan.title,
        plan.key,
        plan.meter,
        plan.tempos,
        plan.bars,
        tuple(tracks),
        plan.chords,
        tuple(s.section for s in plan.sections),
    )
    return _heard(hall, mend(score, plan))


def _fitted(hall: Hall, part: Part, notes: list[Note]) -> tuple[Note, ...]:
    """Notes inside the piece and the part's range."""
    beats = hall.stage.beats
    found = []
    for n in notes:
        pitch = n.pitch if part.is_drum else folded(n.pitch, part.low, part.high)
        length = min(n.duration, beats - n.onset)
        if part.low <= pitch <= part.high and length > 0:
            found.append(replace(n, pitch=pitch, duration=length))
    return without_overlaps(found)


def _heard(hall: Hall, score: Score) -> Score:
    """Everybody plays: who has nothing (all crossed, or nothing to double) ends with the others."""
    tracks = list(score.tracks)
    if all(track.notes for track in tracks):
        return score
    for i, track in enumerate(tracks):
        if track.notes:
            continue
        part = hall.parts[track.name]
        end = hall.stage.beats
        start = end - hall.stage.bar_beats
        chord = hall.stage.chord_at(start).chord
        middle = (part.low + part.high) / 2
        pitch = 36 if part.is_drum else nearest(chord.pcs, middle, part.low, part.high)
        if pitch is None:
            pitch = part.low
        note = hall.sound(part.role, start, pitch, end - start)
        tracks[i] = replace(track, notes=(note,))
    mended = mend(score.with_tracks(tracks), hall.plan)
    return mended if all(t.notes for t in mended.tracks) else score.with_tracks(tracks)

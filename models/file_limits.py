"""What a stranger's file may hold: one refusal for each thing that there can be too much of.

In: counts taken while a file is read, or the `Score` it gave. Out: the score with its tempi made
sound, or a `Refusal` that names the limit. The limits are those under which every bomb of
`notes/rendering.md` section 7 stops early and none of 99 real files does.
"""

from __future__ import annotations

import math
from dataclasses import replace

from models.errors import Refusal
from models.score import Score, Tempo

MOST_TRACKS = 64
MOST_NOTES = 50_000
MOST_BEATS = 6_000
MOST_MINUTES = 10
#: Notes that may sound at once: as many as FluidSynth has voices.
MOST_VOICES = 256
#: Tempo changes, chord symbols and section marks, each.
MOST_MARKS = 20_000
TEMPO = (20.0, 400.0)


def check_counts(tracks: int = 0, notes: int = 0, beats: float = 0.0) -> None:
    """Refuse what is too much to build a score from; called before it is built.

    Raises
    ------
    Refusal
        When there are more tracks, notes or beats than Segno takes.
    """
    if tracks > MOST_TRACKS:
        raise Refusal(
            "This file has {count} tracks, and I take at most {most}; leave some out.",
            count=tracks,
            most=MOST_TRACKS,
        )
    if notes > MOST_NOTES:
        raise Refusal(
            "This file has more than the {most} notes I take; send a part of it.", most=MOST_NOTES
        )
    if not beats <= MOST_BEATS:  # also when it is no number
        raise Refusal(
            "This file is longer than the {most} beats I take; send a part of it.", most=MOST_BEATS
        )


def bounded(score: Score) -> Score:
    """A score read from a stranger's file, with passing tempi inside what can be played.

    Raises
    ------
    Refusal
        When it has too many tracks, notes, marks, beats, minutes or voices, or is all but standing
        still or racing.
    """
    notes = [n for track in score.tracks for n in track.notes]
    last = max((n.end for n in notes), default=0.0)
    check_counts(len(score.tracks), len(notes), max(score.beats, last))
    if any(not (n.onset >= 0 and 0 <= n.pitch <= 127 and 1 <= n.velocity <= 127) for n in notes):
        raise Refusal("This file is damaged and cannot be read; export it again and resend it.")
    if max(len(score.tempos), len(score.chords), len(score.sections)) > MOST_MARKS:
        raise Refusal(
            "This file has more than {most} tempo changes, chord symbols or sections; export it "
            "again without them.",
            most=MOST_MARKS,
        )
    score = replace(score, tempos=_tempos(score))
    seconds = max(score.seconds, score.seconds_at(last))
    if seconds > 60 * MOST_MINUTES:
        raise Refusal(
            "This file lasts {minutes} minutes, and I take at most {most}; send a part of it.",
            minutes=math.ceil(seconds / 60),
            most=MOST_MINUTES,
        )
    _check_voices(score)
    return score


def _tempos(score: Score) -> tuple[Tempo, ...]:
    """The tempi; one that rules the piece is refused where it is out of range, others are moved."""
    low, high = TEMPO
    stops = [t.onset for t in score.tempos[1:]] + [score.beats]
    strange: dict[float, float] = {}
    for tempo, stop in zip(score.tempos, stops, strict=True):
        if not low <= tempo.bpm <= high:
            shown = max(0.0, min(stop, score.beats) - tempo.onset)
            strange[tempo.bpm] = strange.get(tempo.bpm, 0.0) + shown
    if strange and sum(strange.values()) > 0.5 * score.beats:
        bpm = max(strange, key=lambda b: strange[b])
        raise Refusal(
            "This file plays at {bpm} beats a minute; I take music between {low} and {high}.",
            bpm=f"{bpm:.3g}",
            low=round(low),
            high=round(high),
        )
    return tuple(Tempo(t.onset, min(high, max(low, t.bpm))) for t in score.tempos)


def _check_voices(score: Score) -> None:
    events = [(n.onset, 1) for t in score.tracks for n in t.notes]
    events += [(n.end, -1) for t in score.tracks for n in t.notes]
    sounding = 0
    for _, change in sorted(events):  # at one instant notes end before others begin
        sounding += change
        if sounding > MOST_VOICES:
            raise Refusal(
                "More than {most} notes sound at once in this file; export it again, with an end "
                "to every note.",
                most=MOST_VOICES,
            )

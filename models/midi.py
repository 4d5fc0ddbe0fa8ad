"""Scores to and from Standard MIDI Files, with symusic.

In: a `Score`. Out: a format-1 file at 480 ticks per quarter with key signature, meter, tempo, one
chunk per track, chord symbols and sections as markers ("Dm7/F", "[A] verse"), and an "End" marker
on the last bar line, so that silent bars survive. Files we wrote come back exactly; a stranger's
file gives what it states, with roles guessed, on the bar lines of the meter that rules it, and
with chords only where nearly all of its markers are chord symbols.

Two things MIDI cannot hold: two sounding notes of one pitch in a track (the earlier is cut, see
`without_overlaps`), and more than 15 melodic programs at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import symusic

from models import bar_lines, file_limits, file_notes, karaoke, midi_hanging
from models.bar_lines import BarLines
from models.errors import Refusal
from models.lyrics import Lyrics
from models.score import (
    TICKS_PER_BEAT,
    Meter,
    Note,
    PlacedChord,
    Score,
    Section,
    Tempo,
    Track,
    on_grid,
    sorted_notes,
    without_overlaps,
)
from models.theory import Chord, Key
from models.words_on_score import singer, sung_on

_END = "End "
_NO_CHORD = "N.C."
_MELODIC_CHANNELS = 15
_MAX_BYTES = 1 << 20


def to_ticks(beats: float, resolution: int = TICKS_PER_BEAT) -> int:
    """Beats as MIDI ticks."""
    return round(beats * resolution)


def file_order(tracks: Iterable[Track]) -> list[Track]:
    """Tracks as the file keeps them: drums last, because symusic gives channels by position."""
    return sorted(tracks, key=lambda t: t.is_drum)


def write(score: Score, path: Path, lyrics: Lyrics | None = None) -> None:
    """Write a score as a MIDI file; `read` gives it back.

    `lyrics` become lyric events on the track that sings them; `read_words` gives those back.

    Raises
    ------
    Refusal
        When there are more than 15 melodic tracks.
    """
    check_channels(score.tracks)
    keep(score, path, lyrics)


def write_kar(score: Score, path: Path, lyrics: Lyrics) -> None:
    """Write a score and its words as a Soft Karaoke file (`karaoke.soft`). Raises as `write`."""
    check_channels(score.tracks)
    path.write_bytes(karaoke.soft(_dumped(score), lyrics, TICKS_PER_BEAT))


def keep(score: Score, path: Path, lyrics: Lyrics | None = None) -> None:
    """As `write`, for a file that only `read` will see: it may have more tracks than channels."""
    path.write_bytes(_dumped(score, lyrics))


def _dumped(score: Score, lyrics: Lyrics | None = None) -> bytes:
    singing = singer(score, lyrics) if lyrics else None
    sung = None if singing is None else score.tracks[singing]
    target = symusic.Score(TICKS_PER_BEAT)
    write_conductor(target, score)
    for placed, text in _markers(score):
        target.markers.append(symusic.TextMeta(to_ticks(placed), text))
    for track in file_order(score.tracks):
        chunk = symusic.Track(track.name, track.program, track.is_drum)
        for n in without_overlaps(track.notes):
            chunk.notes.append(
                symusic.Note(to_ticks(n.onset), to_ticks(n.duration), n.pitch, n.velocity)
            )
        if lyrics and track is sung:
            for onset, text in karaoke.events(lyrics):
                chunk.lyrics.append(symusic.TextMeta(to_ticks(onset), text))
        target.tracks.append(chunk)
    if not score.tracks:  # without a track symusic 0.6.0 writes its metas unsorted
        target.tracks.append(symusic.Track("", 0, False))
    return target.dumps_midi()


def check_channels(tracks: Sequence[Track]) -> None:
    """Refuse more melodic tracks than MIDI has channels for.

    Raises
    ------
    Refusal
        When there are more than 15.
    """
    melodic = sum(not t.is_drum for t in tracks)
    if melodic > _MELODIC_CHANNELS:
        raise Refusal(
            "A MIDI file holds at most {most} instruments besides drums, and this has {count}; "
            "leave some out.",
            most=_MELODIC_CHANNELS,
            count=melodic,
        )


def write_conductor(target: symusic.Score, score: Score) -> None:
    """Put meter, key signature and tempi of a score into a symusic score of any resolution."""
    ticks = target.ticks_per_quarter
    target.time_signatures.append(
        symusic.TimeSignature(0, score.meter.numerator, score.meter.denominator)
    )
    # MIDI knows two modes; which minor or major it is travels in the file notes.
    target.key_signatures.append(symusic.KeySignature(0, score.key.fifths, int(score.key.is_minor)))
    for tempo in score.tempos:
        target.tempos.append(symusic.Tempo(to_ticks(tempo.onset, ticks), tempo.bpm))


def _markers(score: Score) -> list[tuple[float, str]]:
    bar = score.meter.bar_beats
    found = [(s.start_bar * bar, file_notes.section_mark(s)) for s in score.sections]
    nexts = [c.onset for c in score.chords[1:]] + [score.beats]
    for placed, following in zip(score.chords, nexts, strict=False):
        found.append((placed.onset, placed.chord.symbol))
        end = on_grid(placed.onset + placed.duration)
        if end < following:
            found.append((end, _NO_CHORD))
    found.append((score.beats, _END + file_notes.to_text(score)))
    return sorted(found, key=lambda m: m[0])  # stable: sections stay before chords


def read(path: Path, *, one_meter: bool = False) -> Score:
    """Read a MIDI file: ours exactly, a stranger's as far as it says what it is.

    Raises
    ------
    Refusal
        When the file is damaged, empty of notes and structure, or beyond what Segno takes; with
        `one_meter` also when a part of it is in another meter (`bar_lines.require_one`).
    """
    return from_bytes(path.read_bytes(), path.stem, one_meter=one_meter)


def from_bytes(data: bytes, title: str, *, one_meter: bool = False) -> Score:
    """As `read`, from the bytes of a file and the title it has where it is not ours."""
    if len(data) > _MAX_BYTES:
        raise Refusal("This MIDI file is larger than 1 MiB; send a shorter piece.")
    try:
        midi = symusic.Score.from_midi(data)
    except (RuntimeError, ValueError) as error:
        raise Refusal(
            "This MIDI file is damaged and cannot be read; export it again and resend it."
        ) from error
    if not midi.note_num():
        midi.tracks = midi_hanging.tracks(data)
    _check_size(midi)
    end, notes = _end_marker(midi)
    score = _bare(midi, end)
    if one_meter:
        last = _last_note(midi) / midi.ticks_per_quarter
        bar_lines.require_one(_signs(midi), last, score.meter)
    if notes is None:
        return replace(score, title=title[:200], chords=_stranger_chords(midi, score.beats))
    return file_notes.restore(
        replace(score, chords=_chords(midi, score.beats), sections=_sections(midi, score)),
        notes,
        _match,
    )


def read_words(path: Path) -> Lyrics | None:
    """The words of a MIDI file, ours or a stranger's (.kar too), on the track that sings them.

    Returns
    -------
    None where there are none; onsets are those of `read`.

    Raises
    ------
    Refusal
        As `read`.
    """
    return words_in(path.read_bytes(), path.stem)


def words_in(data: bytes, title: str) -> Lyrics | None:
    """As `read_words`, from the bytes of a file and the title it has where it is not ours."""
    rows = karaoke.read(data)
    if not rows:
        return None
    score = from_bytes(data, title)
    midi = symusic.Score.from_midi(data)
    lines = _bar_lines(midi, _end_marker(midi)[0])
    places = [lines.place(tick / midi.ticks_per_quarter) for tick, _ in rows]
    tracks = [t.notes for t in score.tracks if not t.is_drum]
    return sung_on(
        [replace(f, onset=p) for (_, f), p in zip(rows, places, strict=True)], tracks, score
    )


def _check_size(midi: symusic.Score) -> None:
    beats = midi.end() / max(1, midi.ticks_per_quarter)
    file_limits.check_counts(len(midi.tracks), midi.note_num(), beats)
    if midi.ticks_per_quarter < 1 or (midi.note_num() == 0 and not midi.markers):
        raise Refusal("There are no notes in this MIDI file; send one that plays something.")


def _end_marker(midi: symusic.Score) -> tuple[int, file_notes.Annotations | None]:
    """Where the piece ends (ticks), and the annotations if the file is ours."""
    for marker in midi.markers:
        if marker.text.startswith(_END):
            notes = file_notes.from_text(marker.text[len(_END) :])
            if notes:
                return max(marker.time, _last_note(midi)), notes
    return _last_note(midi), None


def _last_note(midi: symusic.Score) -> int:
    """Tick at which the last note ends."""
    return max((n.time + n.duration for t in midi.tracks for n in t.notes), default=0)


def _bare(midi: symusic.Score, end: int) -> Score:
    resolution = midi.ticks_per_quarter
    lines = _bar_lines(midi, end)
    key = Key("C")
    if midi.key_signatures and abs(midi.key_signatures[0].key) <= 7:
        sign = midi.key_signatures[0]
        key = file_notes.key_of(sign.key, bool(sign.tonality))
    tempos = [
        Tempo(on_grid(lines.place(t.time / resolution)), t.qpm) for t in midi.tempos if t.qpm > 0
    ]
    if not tempos or tempos[0].onset > 0:
        tempos.insert(0, Tempo(0.0, 120.0))  # the MIDI default
    bars = max(1, math.ceil(lines.place(end / resolution) / lines.meter.bar_beats - 1e-6))
    tracks = tuple(_track(t, resolution, i, lines) for i, t in enumerate(midi.tracks) if t.notes)
    return Score("", key, lines.meter, tuple(tempos), bars, tracks)


def _bar_lines(midi: symusic.Score, end: int) -> BarLines:
    return bar_lines.lay(_signs(midi), end / midi.ticks_per_quarter)


def _signs(midi: symusic.Score) -> list[tuple[float, Meter]]:
    """The time signatures that make sense, with where they stand in beats."""
    return [
        (t.time / midi.ticks_per_quarter, Meter(t.numerator, t.denominator))
        for t in midi.time_signatures
        if 1 <= t.numerator <= 32 and t.denominator in (1, 2, 4, 8, 16, 32)
    ]


def _track(source: symusic.Track, resolution: int, index: int, lines: BarLines) -> Track:
    name = source.name.strip("\0 ") or f"Track {index + 1}"
    notes = sorted_notes(
        Note(lines.place(n.time / resolution), n.pitch, n.duration / resolution, max(1, n.velocity))
        for n in source.notes
    )
    role = file_notes.guess_role(name, source.program, source.is_drum)
    return Track(name, role, source.program, notes, source.is_drum)


def _match(found: Sequence[Track], rows: Sequence[file_notes.TrackRow]) -> tuple[Track, ...]:
    """Rows with the notes of their tracks; a file re-saved elsewhere keeps its own tracks."""
    sounding = [i for i, row in enumerate(rows) if not row.silent]
    sounding.sort(key=lambda i: rows[i].is_drum)
    same = len(found) == len(sounding) and all(
        (t.program, t.is_drum) == (rows[i].program, rows[i].is_drum)
        for t, i in zip(found, sounding, strict=True)
    )
    if not same:
        return tuple(found)
    by_row = dict(zip(sounding, found, strict=True))
    return tuple(row.track(by_row.get(i)) for i, row in enumerate(rows))


def _stranger_chords(midi: symusic.Score, beats: float) -> tuple[PlacedChord, ...]:
    """Chords from a stranger's markers; sections called A, B and C are no chords."""
    texts = {m.text for m in midi.markers}
    chords = _chords(midi, beats)
    clear = {c.chord.symbol for c in chords if len(c.chord.symbol) > 1}
    plain = len(midi.time_signatures) <= 1  # markers are not moved to other bar lines
    return chords if plain and len(chords) >= 4 and len(clear) >= max(2, len(texts) // 2) else ()


def _chords(midi: symusic.Score, beats: float) -> tuple[PlacedChord, ...]:
    marks: list[tuple[float, Chord | None]] = []
    for marker in midi.markers:
        try:
            chord = None if marker.text == _NO_CHORD else Chord.parse(marker.text)
        except Refusal:
            continue  # a section, the end, or somebody's remark
        marks.append((on_grid(marker.time / midi.ticks_per_quarter), chord))
    ends = [onset for onset, _ in marks[1:]] + [beats]
    return tuple(
        PlacedChord(onset, on_grid(end - onset), chord)
        for (onset, chord), end in zip(marks, ends, strict=False)
        if chord
    )


def _sections(midi: symusic.Score, score: Score) -> tuple[Section, ...]:
    bar_ticks = midi.ticks_per_quarter * score.meter.bar_beats
    marks = [(round(m.time / bar_ticks), m.text) for m in midi.markers]
    return file_notes.sections_from_marks(marks, score.bars)

"""Words timed to the recording: stamps against the performance that FluidSynth plays."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import mido
import pytest
from sung_examples import piece, words

from bot import lrc
from models.performance import perform, write_performance
from models.score import Score

_STAMP = re.compile(r"<(\d\d):(\d\d\.\d\d)>")


def heard(score: Score, plan, path: Path) -> dict[int, list[float]]:
    """Pitch -> seconds at which the melody strikes it, from the file that is rendered, by mido."""
    write_performance(perform(score, plan, plan.seed), path)
    file = mido.MidiFile(path)
    channel = next(
        m.channel for t in file.tracks if t.name == "Flute" for m in t if m.type == "note_on"
    )
    at, found = 0.0, dict[int, list[float]]()
    for message in file:
        at += message.time
        if message.type == "note_on" and message.velocity and message.channel == channel:
            found.setdefault(message.note, []).append(at)
    return found


@pytest.mark.parametrize("style", ["pop", "swing", "waltz"])
def test_stamps_are_where_the_notes_are_heard(style: str, tmp_path: Path):
    meter = "3/4" if style == "waltz" else "4/4"
    plan, score = piece(style=style, meter=meter)
    lyrics = words(score)
    struck = heard(score, plan, tmp_path / "p.mid")
    pitches = {n.onset: n.pitch for n in score.tracks[1].notes}
    times = lrc.onsets(score, plan, lyrics)
    far = []
    moved = 0.0
    for line, row in zip(lyrics.lines, times, strict=True):
        for sung, time in zip(line.sung, row, strict=True):
            far.append(min(abs(time - x) for x in struck[pitches[sung.onset]]))
            moved = max(moved, abs(time - score.seconds_at(sung.onset)))
    assert far and max(far) < 0.02
    assert moved > 0.002  # else it would do to take the score's own times
    assert all(a < b for row in times for a, b in pairwise(row))
    if style == "swing":
        assert moved > 0.05


def test_the_file_has_lines_and_words():
    plan, score = piece()
    lyrics = words(score)
    rows = lrc.lrc(score, plan, lyrics, score.seconds).splitlines()
    assert rows[:2] == ["[ti:Lantern River]", "[ar:Ann]"]
    assert re.fullmatch(r"\[length:\d\d:\d\d\]", rows[2])
    sung = [row for row in rows if "<" in row]
    assert len(sung) == len(lyrics.lines)
    for row, line, times in zip(sung, lyrics.lines, lrc.onsets(score, plan, lyrics), strict=True):
        assert row.startswith(f"[{lrc.stamp(times[0])}]")
        stamps = [int(m) * 60 + float(s) for m, s in _STAMP.findall(row)]
        assert stamps == sorted(stamps) and len(stamps) == len(line.text.split()) + 1
        assert " ".join(_STAMP.sub("", row.split("]", 1)[1]).split()) == line.text
    starts = [row[1:9] for row in rows if re.match(r"\[\d", row)]
    assert starts == sorted(starts)


def test_chinese_has_a_stamp_for_each_character():
    plan, score = piece()
    lyrics = words(score, "zh")
    row = next(r for r in lrc.lrc(score, plan, lyrics, score.seconds).splitlines() if "<" in r)
    assert len(_STAMP.findall(row)) == len(lyrics.lines[0].sung) + 1 and " " not in row


def test_what_a_short_recording_never_reaches_is_left_out():
    plan, score = piece()
    lyrics = words(score)
    times = lrc.onsets(score, plan, lyrics)
    text = lrc.lrc(score, plan, lyrics, times[2][0] - 0.01)
    assert sum("<" in row for row in text.splitlines()) == 2
    assert all(int(m) * 60 + float(s) <= times[2][0] for m, s in _STAMP.findall(text))


def test_brackets_are_no_stamps():
    plan, score = piece()
    lyrics = words(score)
    title = lrc.lrc(score, plan, lyrics.__class__("[00:01.00] <x>", "en", lyrics.lines), 30.0)
    assert title.splitlines()[0] == "[ti:(00:01.00) (x)]"


def test_stamps_round_to_the_hundredth():
    assert [lrc.stamp(x) for x in (0.0, 59.999, 61.234)] == ["00:00.00", "01:00.00", "01:01.23"]

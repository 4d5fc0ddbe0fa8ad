"""Words first: every syllable gets a note, stresses lie on beats, returns return."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_writer import ScriptedWriter

from bot import lyrics_ask, wording, words_first
from bot.domain import Request
from bot.writing import Misfits, Task, Writers
from models.composer.generate import load_composer
from models.composer.rules import Rules
from models.composer.setting import set_words
from models.errors import Refusal
from models.lyricist.metre import weights
from models.lyricist.own_line import read_line
from models.lyricist.pronounce import load
from models.lyricist.rhythm import (
    LINE_BARS,
    MOST,
    Scanned,
    bars_a_line,
    rhythm,
    scan,
    scan_chinese,
    scan_feet,
)
from models.lyricist.stress import count_sung
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Meter

VERSES = """[Verse 1]
The snow lies deep upon the hill
The frozen river sleeps
And through the window cold and still
The weary winter creeps

[Chorus]
Oh carry me, carry me home
Over the mountains of stone
Carry me home

[Verse 2]
The lantern burns beside the door
A candle in the hall
I hear the sea, I hear the shore
I hear the seagulls call

[Chorus]
"""


@pytest.fixture(scope="module")
def composer():
    return load_composer()


def drafted(composer, text_or_asked, brief=None, seed=4, writer=None, locale="en"):
    asked = lyrics_ask.own(text_or_asked) if isinstance(text_or_asked, str) else text_or_asked
    writers = Writers(english=lambda: writer)
    task = Task(asked, locale, seed, writers, lambda _: None)
    request = Request("lyrics", brief or Brief(), locale=locale, writing=asked)
    return words_first.draft(task, request, composer)


def line_of(words):
    """A scanned line of words: (how much it stands out, whether a light syllable follows)."""
    syllables = [
        (w, j) for weight, more in words for w, j in ([(weight, more), (0.0, False)][: 1 + more])
    ]
    return Scanned(*map(tuple, zip(*syllables[:MOST], strict=True)))


WORDS = st.sampled_from([(0.6, False), (2.4, False), (3.0, True)])
lines = st.lists(st.lists(WORDS, min_size=1, max_size=12).map(line_of), min_size=1, max_size=5)


@given(lines, st.sampled_from(sorted(LINE_BARS)), st.floats(45, 200))
@settings(max_examples=60, deadline=None)
def test_every_syllable_of_any_line_gets_a_time_of_its_own(scanned, meter, bpm):
    metre = Meter.parse(meter)
    bars = bars_a_line(scanned, metre, bpm)
    timed = rhythm(scanned, ["verse"] * len(scanned), metre, bpm, bars)
    assert [len(t.spans) for t in timed] == [len(s.weights) for s in scanned]
    length = bars * metre.bar_beats
    laid = [(a + k * length, b + k * length) for k, line in enumerate(timed) for a, b in line.spans]
    assert all(a < b for a, b in laid)
    assert all(one[1] <= two[0] + 1e-9 for one, two in pairwise(laid))
    assert laid[0][0] >= -metre.bar_beats / 2
    assert laid[-1][1] <= len(scanned) * length + 1e-9


def test_a_line_of_too_many_syllables_is_refused_by_its_number():
    long = scan_feet(MOST + 1)
    with pytest.raises(Refusal, match="Line 2 has 15 syllables"):
        bars_a_line([scan_feet(8), long], Meter.parse("4/4"), 100)


@pytest.mark.parametrize("meter", sorted(LINE_BARS))
def test_iambs_begin_before_the_beat_and_the_stressed_lie_heavier(meter):
    metre = Meter.parse(meter)
    scanned = [scan_feet(8), scan_feet(6)] * 2
    bars = bars_a_line(scanned, metre, 100)
    for line in rhythm(scanned, ["verse"] * 4, metre, 100, bars):
        heavy = weights(line.spans, metre)
        assert all(light < strong for light, strong in zip(heavy[::2], heavy[1::2], strict=True))


def test_chinese_feet_lean_on_every_first_character():
    assert scan_chinese(5).weights == (2.4, 0.6, 2.4, 0.6, 2.4)


@pytest.mark.parametrize(
    "brief",
    [Brief(style="folk"), Brief(style="waltz", key="D minor"), Brief(style="pop", tempo=150)],
)
def test_a_persons_words_get_a_melody_with_a_note_for_every_syllable(composer, brief):
    piece, melody, lyrics = drafted(composer, VERSES, brief)
    sung = [s for line in lyrics.lines for s in line.sung]
    assert [(n.onset, n.end) for n in melody] == [(s.onset, s.end) for s in sung]
    assert [line.text for line in lyrics.lines][4] == "Oh carry me, carry me home"
    assert len(lyrics.lines) == 14
    assert [s.section.name for s in piece.plan.sections] == [
        "intro", "verse", "chorus", "verse", "chorus",
    ]  # fmt: skip
    part = piece.plan.part("melody")
    assert all(part.low <= n.pitch <= part.high for n in melody)
    assert melody[-1].pitch % 12 == piece.plan.key.tonic_pc
    if brief.key:
        assert str(piece.plan.key) == brief.key
    count = count_sung(sung, weights([(s.onset, s.end) for s in sung], piece.plan.meter), load())
    assert count.kept >= 0.96  # people's hymns: 0.960, 0.915
    assert count.heavier_share >= 0.915


def test_chinese_words_are_sung_a_character_a_note(composer):
    text = "床前明月光\n疑是地上霜\n举头望明月\n低头思故乡"
    piece, melody, lyrics = drafted(composer, text, locale="zh")
    assert lyrics.language == "zh"
    assert lyrics.title == "床前明月光"
    assert ["".join(s.text for s in line.sung) for line in lyrics.lines] == text.splitlines()
    assert len(melody) == 20
    assert piece.plan.bars * piece.plan.meter.bar_beats >= melody[-1].end


def test_the_chorus_returns_with_its_tune(composer):
    piece, melody, _ = drafted(composer, VERSES, Brief(style="folk"))
    chorus = [s.section for s in piece.plan.sections if s.section.name == "chorus"]
    bar = piece.plan.meter.bar_beats

    def tune(section, bars):
        start = section.start_bar * bar
        inside = [n for n in melody if start <= n.onset < start + bars * bar]
        return [(n.onset - start, n.pitch) for n in inside]

    bars = chorus[0].bars - 2  # the piece closes in its last two
    assert tune(chorus[0], bars) == tune(chorus[1], bars)


def test_the_same_words_and_seed_give_the_same_melody(composer):
    assert drafted(composer, VERSES, seed=9)[1] == drafted(composer, VERSES, seed=9)[1]
    assert drafted(composer, VERSES, seed=9)[1] != drafted(composer, VERSES, seed=10)[1]


def test_words_written_without_a_melody_get_verses_and_a_returning_chorus(composer):
    writer = ScriptedWriter()
    asked = lyrics_ask.writing("the sea, hopeful", first_line="The snow falls over the hill")
    _, melody, lyrics = drafted(composer, asked, writer=writer)
    (ask,) = writer.asks
    assert ask.themes == ("sea",)
    assert ask.valence > 0
    assert [s.kind for s in ask.stanzas] == ["verse", "chorus", "verse"]
    assert all(line.contour == () for s in ask.stanzas for line in s.lines)
    assert len(lyrics.lines) == 16
    assert lyrics.lines[0].text == "The snow falls over the hill"
    assert len(melody) == sum(len(line.sung) for line in lyrics.lines)
    assert [line.text for line in lyrics.lines[4:8]] == [line.text for line in lyrics.lines[12:]]


def test_a_text_is_read_as_people_write_it_down():
    stanzas = words_first.own_stanzas(
        "one two\nthree four\n\nfive six\n\none two\nthree four", "en", "en"
    )
    assert [s.kind for s in stanzas] == ["chorus", "verse", "chorus"]
    assert [s.same_as for s in stanzas] == [None, None, 0]
    headed = words_first.own_stanzas(VERSES, "en", "en")
    assert [s.kind for s in headed] == ["verse", "chorus", "verse", "chorus"]
    assert headed[3].lines == headed[1].lines
    assert headed[3].same_as == 1
    chinese = words_first.own_stanzas("床前明月光\n疑是地上霜", "zh", "zh")
    assert [len(line.weights) for line in chinese[0].scanned] == [5, 5]


@pytest.mark.parametrize("text", ["I have 3 apples", "…"])
def test_what_cannot_be_counted_is_said_by_its_line(text):
    with pytest.raises(Misfits) as refusal:
        words_first.own_stanzas(f"one two three\n{text}", "en", "en")
    assert "2" in refusal.value.problems[0]


def test_pitches_are_given_for_a_rhythm_and_only_for_one_on_the_grid(composer):
    plan = make_plan(Brief(style="pop", bars=4, meter="4/4"), 3)
    spans = [(0.0, 1.0), (1.5, 2.0), (2.0, 6.0), (8.0, 8.25), (8.25, 12.0), (13.0, 16.0)]
    melody = set_words(plan, spans, composer, 1)
    assert [(n.onset, n.end) for n in melody] == spans
    for wrong in ([(0.1, 1.0)], [(0.0, 2.0), (1.0, 3.0)], [], [(12.0, 17.0)]):
        with pytest.raises(ValueError, match=r"grid|overlap"):
            set_words(plan, wrong, composer, 1)


def test_a_note_of_given_length_is_no_dissonance_when_it_is_long(composer, monkeypatch):
    plan = make_plan(Brief(style="pop", bars=8, meter="4/4"), 3)
    spans = [(4.0 * bar, 4.0 * bar + 4) for bar in range(8)]
    seen = []
    real = Rules.pitches
    monkeypatch.setattr(Rules, "pitches", lambda s, *a: seen.append(a[1]) or real(s, *a))
    melody = set_words(plan, spans, composer, 1)
    assert set(seen) == {16}
    inside = [n.pitch % 12 in plan_chord(plan, n.onset) for n in melody]
    assert sum(inside) >= 7


def plan_chord(plan, onset):
    chord = next(c.chord for c in plan.chords if c.onset <= onset < c.onset + c.duration)
    return set(chord.pcs)


def test_a_scanned_line_knows_its_stresses():
    line = read_line("The frozen river sleeps", 6, load())
    assert scan(line, load()) == Scanned(
        (0.6, 3.0, 0.0, 3.0, 0.0, 2.4), (False, True, False, True, False, False)
    )


def test_what_was_done_is_said_in_both_languages(composer):
    piece, _, _ = drafted(composer, VERSES, Brief(style="folk"))
    assert "decide how long" in wording.done({"rework": piece.done})
    assert "由词决定" in wording.done({"rework": piece.done}, "zh")
    for act in ("write", "rewrite", "reline", "own"):
        told = {"use": act, "title": "Tune", "first": 3}
        assert "Tune" in wording.done({"rework": told})
        assert wording.done({"rework": told}, "zh") != wording.done({"rework": told})

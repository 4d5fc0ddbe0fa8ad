"""What a plan promises, for any brief: exact numbers, whole forms, chords that tile and close."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from brief_strategies import METERS, briefs
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from models import vocabulary
from models.errors import Refusal
from models.planner import extend_plan, make_plan
from models.planner.brief import Brief
from models.planner.form import FRAMES
from models.planner.grades import limits
from models.planner.palette import home, leads_home
from models.planner.plan import Plan
from models.score import TICKS_PER_BEAT, Meter
from models.theory import Chord, Key

SEEDS = st.integers(0, 2**32 - 1)
QUICK = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def planned(brief: Brief, seed: int) -> Plan | None:
    """The plan, or None after a refusal that the brief's own numbers justify."""
    try:
        return make_plan(brief, seed)
    except Refusal as refusal:
        event(refusal.template[:40])
        assert impossible(brief), f"refused without reason: {refusal}"
        return None


def impossible(brief: Brief) -> bool:
    """Whether no meter and number of bars satisfies tempo, bars, seconds and form together."""
    sections = len(brief.form)
    if brief.bars is not None and brief.bars < sections:
        return True
    for meter in [brief.meter] if brief.meter else METERS:
        beats = Meter.parse(meter).bar_beats
        for bars in [brief.bars] if brief.bars else range(max(1, sections), 1600):
            if brief.seconds is None:
                if bars * beats * 60 / (brief.tempo or 300) <= 600:
                    return False
                continue
            bpm = bars * beats * 60 / brief.seconds
            held = brief.bars is None and bars >= max(2, sections)
            if held and brief.tempo and bpm <= brief.tempo:
                return False
            asked = (brief.tempo * 0.97, brief.tempo * 1.03) if brief.tempo else (30, 300)
            if asked[0] <= bpm <= asked[1]:
                return False
    return True


def bar_contents(plan: Plan, start: int, bars: int) -> list[list[tuple[float, str]]]:
    """Chords of some bars as (beat in the bar, symbol)."""
    length = plan.meter.bar_beats
    out: list[list[tuple[float, str]]] = [[] for _ in range(bars)]
    for placed in plan.chords:
        bar = int(placed.onset / length + 1e-9)
        if start <= bar < start + bars:
            out[bar - start].append((round(placed.onset - bar * length, 6), placed.chord.symbol))
    return out


@QUICK
@given(briefs(), SEEDS)
def test_any_brief_is_planned_as_it_says(brief: Brief, seed: int) -> None:
    plan = planned(brief, seed)
    if plan is None:
        return
    check_numbers(brief, plan)
    check_sections(brief, plan)
    check_chords(brief, plan)
    check_parts(brief, plan)


def check_numbers(brief: Brief, plan: Plan) -> None:
    exact = plan.length
    assert exact <= 600 + 1e-6
    if brief.seconds is not None:
        assert abs(exact - brief.seconds) < 1e-6
        assert plan.seconds == brief.seconds
    if plan.seconds is not None:
        last = plan.last_bpm or plan.bpm
        bar = plan.meter.bar_beats / 1e6
        as_midi = bar * ((plan.bars - 1) * round(60e6 / plan.bpm) + round(60e6 / last))
        assert abs(as_midi - plan.seconds) < 0.1
    if brief.tempo is not None:
        nudge = abs(plan.bpm / brief.tempo - 1)
        assert plan.last_bpm is None or nudge == 0
        assert nudge <= 0.03 + 1e-9 if brief.seconds is not None else nudge == 0
    assert 29 <= plan.bpm <= 310
    if plan.last_bpm is not None:  # a fermata: longer than a bar, shorter than two
        assert plan.bpm / 2 < plan.last_bpm < plan.bpm
    assert brief.bars in (None, plan.bars)
    assert brief.meter in (None, str(plan.meter))
    assert str(plan.meter) in METERS
    assert brief.style in (None, plan.style)
    if brief.key is not None:
        assert plan.key == Key.parse(brief.key)
    assert plan.title.strip() == plan.title != ""
    assert 0.5 <= plan.swing <= 0.75


def check_sections(brief: Brief, plan: Plan) -> None:
    at = 0
    roles = {p.role for p in plan.parts}
    for planned_section in plan.sections:
        section = planned_section.section
        assert section.start_bar == at
        assert section.bars >= 1
        at += section.bars
        assert 0 < planned_section.density <= 1
        assert 0 < planned_section.dynamics <= 1
        assert -1 <= planned_section.valence <= 1
        assert -1 <= planned_section.arousal <= 1
        assert planned_section.roles
        assert set(planned_section.roles) <= roles
    assert at == plan.bars
    assert {r for s in plan.sections for r in s.roles} == roles
    if brief.form:
        labels = [s.section.label for s in plan.sections]
        for name_a, label_a in zip(brief.form, labels, strict=True):
            for name_b, label_b in zip(brief.form, labels, strict=True):
                assert (name_a == name_b) == (label_a == label_b)


def check_chords(brief: Brief, plan: Plan) -> None:
    at = 0.0
    for placed in plan.chords:
        assert placed.onset == pytest.approx(at, abs=1e-9)
        ticks = placed.onset * TICKS_PER_BEAT
        assert ticks == pytest.approx(round(ticks), abs=1e-6)
        assert placed.duration > 0
        at += placed.duration
    assert at == pytest.approx(plan.bars * plan.meter.bar_beats)
    if brief.chords:
        for bar, content in enumerate(bar_contents(plan, 0, plan.bars)):
            asked = brief.chords[bar % len(brief.chords)]
            assert [s for _, s in content] == [Chord.parse(c).symbol for c in asked]
        return
    check_cadences(plan)
    check_returns(plan)


def check_cadences(plan: Plan) -> None:
    """Starts at home; ends at home after what leads there, or, as a loop, on what leads there."""
    for placed in plan.chords:
        assert placed.chord.root == plan.key.spell(placed.chord.root_pc)
    roots = [(c.chord.root_pc - plan.key.tonic_pc) % 12 for c in plan.chords]
    homes = {t // 10 for t in home(plan.key)}
    leads = {t // 10 for t in leads_home(plan.key)}
    if plan.loop:
        assert roots[-1] in leads
    else:
        assert roots[-1] in homes
        assert plan.chords[-1].duration == plan.meter.bar_beats
        if plan.bars > 1:
            assert roots[-2] in leads
    if plan.sections[0].section.label == "A" or len(plan.sections) == 1:
        assert roots[0] in homes


def check_returns(plan: Plan) -> None:
    """Sections of one label have the same chords but for their last two bars."""
    first: dict[str, list[list[tuple[float, str]]]] = {}
    for planned_section in plan.sections:
        section = planned_section.section
        own = bar_contents(plan, section.start_bar, section.bars)
        other = first.setdefault(section.label, own)
        same = max(0, min(len(own), len(other)) - 2)
        assert own[:same] == other[:same]


def check_parts(brief: Brief, plan: Plan) -> None:
    words = vocabulary.load()
    names = [p.instrument for p in plan.parts]
    if brief.instruments:
        assert set(names) == set(brief.instruments)
        for name in names:
            twice = [p.role for p in plan.parts if p.instrument == name]
            assert twice in (twice[:1], ["melody", "chords"])
    assert not set(names) & set(brief.without)
    assert plan.part("melody") is not None
    assert len({p.name for p in plan.parts}) == len(plan.parts)
    for part in plan.parts:
        if part.is_drum:
            assert part.program == words.kits[part.instrument].program
            continue
        instrument = words.instruments[part.instrument]
        assert part.program == instrument.program
        assert instrument.low <= part.low < part.high <= instrument.high
        assert part.high - part.low >= min(7, instrument.high - instrument.low)


@settings(max_examples=60, deadline=None)
@given(briefs(), SEEDS)
def test_the_same_brief_and_seed_make_the_same_plan(brief: Brief, seed: int) -> None:
    plan = planned(brief, seed)
    if plan is not None:
        assert make_plan(brief, seed) == plan


@settings(max_examples=60, deadline=None)
@given(briefs(), SEEDS, st.integers(1, 40))
def test_an_extension_keeps_what_was_there(brief: Brief, seed: int, bars: int) -> None:
    plan = planned(brief, seed)
    if plan is None:
        return
    total = plan.length + bars * plan.meter.bar_beats * 60 / plan.bpm
    if total > 600:
        with pytest.raises(Refusal, match="at most 600"):
            extend_plan(plan, bars)
        return
    longer = extend_plan(plan, bars)
    assert longer.bars == plan.bars + bars
    assert (longer.bpm, longer.key, longer.parts) == (plan.bpm, plan.key, plan.parts)
    if plan.seconds is not None:
        assert longer.seconds == pytest.approx(total)
    at = 0.0
    for placed in longer.chords:
        assert placed.onset == pytest.approx(at)
        at += placed.duration
    assert at == pytest.approx(longer.bars * plan.meter.bar_beats)
    assert sum(s.section.bars for s in longer.sections) == longer.bars
    ending, was = longer.sections[-1].section, plan.sections[-1].section
    assert (ending.name, ending.label, ending.bars) == (was.name, was.label, was.bars)
    kept = was.start_bar
    assert bar_contents(longer, 0, kept) == bar_contents(plan, 0, kept)
    assert bar_contents(longer, ending.start_bar, ending.bars) == bar_contents(plan, kept, was.bars)


def test_extending_by_nothing_is_refused() -> None:
    with pytest.raises(Refusal, match="at least one more bar"):
        extend_plan(make_plan(Brief(), 1), 0)


def test_every_style_plans_and_its_tempo_is_its_own() -> None:
    for style in vocabulary.load().styles:
        plan = make_plan(Brief(style=style.id), 3)
        assert style.tempo[0] <= plan.bpm <= style.tempo[2], style.id
        assert str(plan.meter) in style.meters


def test_seeds_differ() -> None:
    plans = [make_plan(Brief(style="pop"), seed) for seed in range(20)]
    assert len({tuple(c.chord.symbol for c in p.chords) for p in plans}) >= 18
    assert len({str(p.key) for p in plans}) >= 5


def test_a_film_cue_follows_its_moods() -> None:
    moods = vocabulary.load().moods
    arc = ("calm", "tense", "triumphant")
    plan = make_plan(Brief(purpose="film_cue", moods=arc, seconds=60), 5)
    assert len(plan.sections) >= 3
    assert plan.bars * plan.meter.bar_beats * 60 / plan.bpm == pytest.approx(60, abs=1e-6)
    at = [(s.section.start_bar + s.section.bars / 2) / plan.bars for s in plan.sections]
    for mood, place in zip(arc, (1 / 6, 1 / 2, 5 / 6), strict=True):
        nearest = min(range(len(at)), key=lambda i: abs(at[i] - place))
        assert abs(plan.sections[nearest].valence - moods[mood].valence) < 0.5, mood
    assert plan.sections[0].arousal < plan.sections[len(at) // 2].arousal


def test_a_game_loop_turns_round() -> None:
    for seed in range(30):
        plan = make_plan(Brief(purpose="game_loop", seconds=24), seed)
        assert plan.loop
        assert not {"intro", "outro"} & {s.section.name for s in plan.sections}
        check_cadences(plan)


@pytest.mark.parametrize("seconds", [5, 15, 30])
def test_jingles_hit_their_length(seconds: float) -> None:
    for seed in range(30):
        plan = make_plan(Brief(purpose="jingle", seconds=seconds), seed)
        assert plan.bars * plan.meter.bar_beats * 60 / plan.bpm == pytest.approx(seconds, abs=1e-6)
        assert plan.bars >= 2
        check_cadences(plan)


def test_a_jingle_without_a_length_still_has_an_exact_one() -> None:
    plan = make_plan(Brief(purpose="jingle"), 2)
    assert plan.seconds in vocabulary.load().purposes["jingle"].lengths


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.sampled_from([s.id for s in vocabulary.load().styles]), SEEDS)
def test_lessons_stay_inside_their_grade(grade: int, style: str, seed: int) -> None:
    plan = make_plan(Brief(style=style, purpose="lesson", grade=grade), seed)
    allowed = limits(grade)
    assert plan.grade == grade
    assert abs(plan.key.fifths) <= allowed.accidentals
    assert plan.key.mode in allowed.modes
    assert str(plan.meter) in allowed.meters
    assert allowed.tempo[0] <= plan.bpm <= allowed.tempo[1]
    assert {c.chord.quality for c in plan.chords} <= set(allowed.chords)
    assert all(s.density <= allowed.density for s in plan.sections)
    per_bar = [len(bar) for bar in bar_contents(plan, 0, plan.bars)]
    assert min(s.section.bars for s in plan.sections) >= 4
    assert max(per_bar) <= allowed.chords_per_bar
    melody = plan.part("melody")
    assert melody is not None
    assert melody.high - melody.low <= allowed.high - allowed.low


def test_a_grade_refuses_what_lies_beyond_it() -> None:
    for brief in (
        Brief(grade=1, key="F# major"),
        Brief(grade=1, tempo=180),
        Brief(grade=1, meter="6/8"),
        Brief(grade=2, chords=(("C", "F#m7b5"),)),
    ):
        with pytest.raises(Refusal, match="lesson does not go as far"):
            make_plan(brief, 1)
    assert make_plan(Brief(purpose="lesson", key="A major"), 1).grade == 4


@pytest.mark.parametrize("seconds", [30.0, 45.0, 60.0])
def test_no_opening_or_ending_outweighs_the_song(seconds: float) -> None:
    # A minute of pop once waited eight bars for verses of four.
    framed = 0
    for style in vocabulary.load().styles:
        for seed in (1, 2):
            parts = [
                s.section for s in make_plan(Brief(style=style.id, seconds=seconds), seed).sections
            ]
            frames = [s.bars for s in parts if s.name in FRAMES]
            body = [s.bars for s in parts if s.name in ("verse", "chorus", "theme", "drop")]
            framed += bool(frames)
            assert max(frames, default=0) <= min(body), (style.id, seed, parts)
    assert framed > 20  # short pieces still open and close


def test_the_blues_is_in_twelve() -> None:
    plan = make_plan(Brief(style="blues_shuffle", bars=24, key="A major"), 4)
    assert [s.section.bars for s in plan.sections] == [12, 12]
    bars = bar_contents(plan, 0, 12)
    assert [bars[i][0][1] for i in (0, 4, 6)] == ["A7", "D7", "A7"]


def test_own_chords_share_their_bar() -> None:
    brief = Brief(chords=(("C", "G", "Am"), ("F/A",)), meter="4/4", bars=5)
    plan = make_plan(brief, 1)
    assert bar_contents(plan, 2, 2) == [[(0.0, "C"), (2.0, "G"), (3.0, "Am")], [(0.0, "F/A")]]
    waltz = make_plan(Brief(chords=(("C", "F", "G", "C"),), meter="3/4", bars=1), 1)
    assert [c.duration for c in waltz.chords] == [1.0, 1.0, 0.5, 0.5]
    jig = make_plan(Brief(chords=(("C", "F", "G"),), meter="6/8", bars=1), 1)
    assert sum(c.duration for c in jig.chords) == 3.0


@pytest.mark.parametrize(
    ("progression", "key"),
    [
        ("C G Am F", "C major"),
        ("Am F C G Am", "A minor"),
        ("Dm Gm A7 Dm", "D minor"),
        ("Bbmaj7 Gm7 Cm7 F7", "Bb major"),
        ("F#m D A E A", "A major"),
    ],
)
def test_the_key_of_own_chords_is_found(progression: str, key: str) -> None:
    brief = Brief(chords=tuple((c,) for c in progression.split()))
    assert str(make_plan(brief, 1).key) == key


def test_named_instruments_take_fitting_roles() -> None:
    def roles(*names: str) -> dict[str, list[str]]:
        plan = make_plan(Brief(instruments=names), 1)
        return {n: [p.role for p in plan.parts if p.instrument == n] for n in names}

    assert roles("piano") == {"piano": ["melody", "chords"]}
    assert roles("flute") == {"flute": ["melody"]}
    assert roles("piano", "violin") == {"piano": ["chords"], "violin": ["melody"]}
    assert (
        roles("warm_pad") == {"warm_pad": ["melody"]} or "melody" in roles("warm_pad")["warm_pad"]
    )
    band = roles("bass_guitar", "standard", "electric_guitar", "piano")
    assert band["bass_guitar"] == ["bass"]
    assert band["standard"] == ["drums"]
    assert {band["electric_guitar"][0], band["piano"][0]} == {"melody", "chords"}


def test_mood_moves_tempo_and_mode() -> None:
    def mean_tempo(arousal: float) -> float:
        return sum(make_plan(Brief(style="rock", arousal=arousal), s).bpm for s in range(40)) / 40

    def minors(valence: float) -> int:
        plans = (make_plan(Brief(style="ballad", valence=valence), s) for s in range(60))
        return sum(p.key.is_minor for p in plans)

    assert mean_tempo(0.9) - mean_tempo(-0.9) > 25
    assert minors(-0.9) - minors(0.9) > 20


@pytest.mark.parametrize(
    ("brief", "words"),
    [
        (Brief(seconds=601), "between 3 and 600"),
        (Brief(seconds=2), "between 3 and 600"),
        (Brief(bars=400, tempo=40), "at most 600"),
        (Brief(bars=8, tempo=120, seconds=60), "leave one of them out"),
        (Brief(bars=4, seconds=600), "too slow or too fast"),
        (Brief(tempo=60, seconds=5, meter="4/4"), "no whole number of 4/4 bars"),
        (Brief(form=("verse", "chorus", "verse"), bars=2), "do not fit into 2 bars"),
        (Brief(form=("verse", "chorus") * 20, seconds=3), "do not fit into 3 seconds"),
        (Brief(instruments=("flute",), without=("flute",)), "no instrument left"),
    ],
)
def test_contradictions_are_refused(brief: Brief, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        make_plan(brief, 1)


def test_the_last_bar_is_held_when_tempo_and_seconds_leave_a_rest() -> None:
    plan = make_plan(Brief(tempo=116, seconds=15, meter="4/4"), 1)
    assert (plan.bpm, plan.bars) == (116, 7)
    assert plan.length == pytest.approx(15, abs=1e-9)


def test_a_refused_tempo_comes_with_two_that_work() -> None:
    with pytest.raises(Refusal) as refused:
        make_plan(Brief(tempo=60, seconds=5, meter="4/4"), 1)
    for name in ("lower", "upper"):
        bpm = float(str(refused.value.values[name]))
        plan = make_plan(Brief(tempo=bpm, seconds=5, meter="4/4"), 1)
        assert math.isclose(plan.bars * 4 * 60 / plan.bpm, 5)


def test_chords_follow_one_another_without_repeats_inside_a_bar() -> None:
    for style in ("punk", "gospel", "lofi", "baroque"):
        for seed in range(10):
            plan = make_plan(Brief(style=style), seed)
            for bar in bar_contents(plan, 0, plan.bars):
                assert all(a[1] != b[1] for a, b in pairwise(bar))

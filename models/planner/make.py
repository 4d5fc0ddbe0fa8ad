"""Brief to Plan: every decision that must hold exactly, made once, before a note is written.

In: a `Brief` and a seed. Out: a `Plan`, the same for the same brief and seed (each decision draws
from its own generator, so that fixing one thing leaves the others as they were). See
`docs/adr/0002-plan-first.md` for why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from models import vocabulary as words
from models.errors import Refusal
from models.planner import choices, form
from models.planner.brief import Brief
from models.planner.grades import Grade, limits
from models.planner.lengths import LONGEST, Ask, Length, resolve
from models.planner.orchestration import orchestrate, seated
from models.planner.palette import palette
from models.planner.plan import Plan, PlanSection
from models.planner.progression import Pace, harmonise, repeat_own
from models.score import Meter, PlacedChord, Section
from models.theory import Chord, Key
from models.vocabulary import Purpose, Style, Vocabulary

_DEFAULT_PURPOSE = "song"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is decided before form and harmony.

    `valence` is what was asked of the mode; `curve` what the piece will feel like.
    """

    style: Style
    purpose: Purpose
    valence: float
    curve: choices.Curve
    grade: int | None
    key: Key
    meters: tuple[Meter, ...]
    tempo: float
    form: str


def make_plan(
    brief: Brief, seed: int, language: str = "en", sections: tuple[Section, ...] = ()
) -> Plan:
    """Decide a piece.

    Parameters
    ----------
    brief : Brief
        Names are vocabulary ids (`intake` and the agent see to that).
    seed : int
        Chooses among what the brief leaves open.
    language : str
        "en" or "zh", of the title that a piece without one gets; nothing else depends on it.
    sections : tuple of Section
        The form where it is decided already: as many bars as the brief then states.

    Raises
    ------
    Refusal
        When the brief contradicts itself or asks for more than 600 or less than 3 seconds.
    """
    vocabulary = words.load()
    ensemble = None if brief.ensemble is None else vocabulary.ensembles[brief.ensemble]
    if ensemble and brief.style is None:
        brief = replace(brief, style=ensemble.style or None)
    frame = _frame(brief, seed, vocabulary)
    allowed = None if frame.grade is None else limits(frame.grade)
    length, seconds = _length(brief, frame, allowed)
    sections = sections or _sections(brief, frame, length)
    valence, arousal = choices.mean(frame.curve)
    if ensemble:
        parts = seated(ensemble, brief.without, vocabulary)
    else:
        parts = orchestrate(
            frame.style,
            brief.instruments,
            brief.without,
            arousal,
            frame.grade,
            vocabulary,
            _rng(seed, "parts"),
        )
    roles = tuple(dict.fromkeys(p.role for p in parts))
    return Plan(
        title=choices.title(
            brief,
            frame.style,
            choices.mood(brief, (valence, arousal), vocabulary, _rng(seed, "title")),
            frame.key,
            language,
        ),
        style=frame.style.id,
        purpose=frame.purpose.id,
        key=frame.key,
        meter=length.meter,
        bpm=length.bpm,
        bars=length.bars,
        seconds=seconds,
        sections=form.shape(
            sections, roles, frame.curve, frame.style.density, allowed.density if allowed else 1.0
        ),
        chords=_chords(brief, frame, length, sections, seed),
        parts=parts,
        swing=_swing(frame, length.meter),
        loop=frame.purpose.loop,
        grade=frame.grade,
        seed=seed,
        last_bpm=length.last_bpm,
        ensemble=brief.ensemble,
    )


def _rng(seed: int, decision: str) -> Random:
    """A generator of its own for each decision, so that decisions do not disturb each other."""
    return Random(f"{seed}/{decision}")


def _frame(brief: Brief, seed: int, vocabulary: Vocabulary) -> _Frame:
    purpose_id = brief.purpose or ("lesson" if brief.grade is not None else _DEFAULT_PURPOSE)
    grade = choices.grade(brief, purpose_id)
    allowed = None if grade is None else limits(grade)
    wished = choices.wish(brief, vocabulary, _rng(seed, "mood"))
    valence, arousal = choices.mean(wished)
    style = choices.style(brief, vocabulary, wished, _rng(seed, "style"))
    if brief.density is not None:
        style = replace(style, density=brief.density)
    purpose = vocabulary.purposes[purpose_id]
    return _Frame(
        style=style,
        purpose=purpose,
        valence=valence,
        curve=choices.curve(brief, wished, style),
        grade=grade,
        key=choices.key(brief, style, valence, allowed, _rng(seed, "key")),
        meters=_meters(brief, style, allowed, _rng(seed, "meter")),
        tempo=choices.tempo(style, (valence, arousal), allowed, _rng(seed, "tempo")),
        form=_rng(seed, "form").choice(form.form_names(style, purpose)),
    )


def _meters(brief: Brief, style: Style, allowed: Grade | None, rng: Random) -> tuple[Meter, ...]:
    """The meter asked for, or the style's in drawn order: its first three times out of four."""
    if brief.meter is not None:
        return (Meter.parse(brief.meter),)
    names = [m for m in style.meters if allowed is None or m in allowed.meters] or ["4/4"]
    if len(names) > 1 and rng.random() < 0.25:
        other = rng.choice(names[1:])
        names = [other, *(n for n in names if n != other)]
    return tuple(Meter.parse(n) for n in names)


def _length(brief: Brief, frame: _Frame, allowed: Grade | None) -> tuple[Length, float | None]:
    """Meter, bars and tempo, and the seconds that must be hit exactly, if any."""
    usual, seconds = frame.purpose.seconds, brief.seconds
    if seconds is None and brief.bars is None:
        if brief.form:
            slots = form.own_form(brief.form)
            bars = sum(slot.bars for slot in slots)
            usual = bars * frame.meters[0].bar_beats * 60 / (brief.tempo or frame.tempo)
        elif frame.purpose.lengths and brief.tempo is None:
            seconds = usual  # a jingle has an exact length even when nobody says which
        elif allowed is not None:
            most = allowed.bars * frame.meters[0].bar_beats * 60 / (brief.tempo or frame.tempo)
            usual = min(usual, most)
    ask = Ask(
        meters=frame.meters,
        meter_fixed=brief.meter is not None,
        tempo=brief.tempo,
        bars=brief.bars,
        seconds=seconds,
        range=choices.tempo_range(frame.style, allowed),
        target=frame.tempo,
        usual=usual,
        strain=_strain(brief, frame),
        least=max(1, len(brief.form)),
    )
    return resolve(ask), seconds


def _strain(brief: Brief, frame: _Frame) -> Callable[[int], float]:
    """How badly a number of bars suits the form."""

    def strain(bars: int) -> float:
        if brief.form:
            return form.fill(form.own_form(brief.form), bars)[0]
        return form.fitted(frame.form, bars, len(frame.curve))[0]

    return strain


def _sections(brief: Brief, frame: _Frame, length: Length) -> tuple[Section, ...]:
    if brief.form:
        return form.own_sections(brief.form, length.bars)
    return form.fitted(frame.form, length.bars, len(frame.curve))[1]


def _chords(
    brief: Brief, frame: _Frame, length: Length, sections: tuple[Section, ...], seed: int
) -> tuple[PlacedChord, ...]:
    meter = length.meter
    if brief.chords:
        own = [[Chord.parse(symbol) for symbol in bar] for bar in brief.chords]
        return repeat_own(own, length.bars, meter)
    rng = _rng(seed, "chords")
    colours = palette(frame.style, frame.key, frame.valence, frame.grade, rng)
    pace = Pace(
        pulses=round(meter.bar_beats / meter.pulse),
        seconds=meter.pulse * 60 / length.bpm,
        per_bar=2 if frame.grade is None else limits(frame.grade).chords_per_bar,
    )
    return harmonise(colours, sections, meter, pace, frame.purpose.loop, rng)


def _swing(frame: _Frame, meter: Meter) -> float:
    """The style's swing; none in compound meters (triplets as it is) or for beginners."""
    if meter.is_compound or (frame.grade is not None and frame.grade <= 2):
        return 0.5
    return frame.style.swing


def seconds_with(plan: Plan, bars: int) -> float:
    """How long the piece would last with `bars` more bars.

    Raises
    ------
    Refusal
        When `bars` is not positive or that is more than 600 seconds.
    """
    if bars < 1:
        raise Refusal("Ask for at least one more bar; {bars} is none.", bars=bars)
    seconds = Length(plan.meter, plan.bars + bars, plan.bpm, plan.last_bpm).seconds
    if seconds > LONGEST:
        raise Refusal(
            "With {bars} more bars the piece would last {seconds:.0f} seconds; "
            "a piece may last at most {limit:.0f}.",
            bars=bars,
            seconds=seconds,
            limit=LONGEST,
        )
    return seconds


def extend_plan(plan: Plan, bars: int) -> Plan:
    """The same piece with `bars` more bars before its last section.

    The sections between opening and ending come round again, in order, with their own chords.
    Tempo, parts and ending stay; `seconds`, where there was an exact length, becomes the new one.

    Raises
    ------
    Refusal
        When `bars` is not positive or the piece would last more than 600 seconds.
    """
    seconds = seconds_with(plan, bars)
    order = extension_order(plan, bars)
    sections: list[PlanSection] = []
    chords: list[PlacedChord] = []
    at = 0
    for source, size in order:
        section = replace(source.section, start_bar=at, bars=size)
        sections.append(replace(source, section=section))
        chords += _moved(plan, source.section.start_bar, size, at)
        at += size
    return replace(
        plan,
        bars=plan.bars + bars,
        seconds=None if plan.seconds is None else seconds,
        sections=tuple(sections),
        chords=tuple(chords),
    )


def extension_order(plan: Plan, bars: int) -> list[tuple[PlanSection, int]]:
    """(section to copy, bars of it to take), in order, the old ending last.

    What is added goes round the body of the form from where it stopped, so that after a verse
    comes the chorus.
    """
    *before, last = plan.sections
    body = [s for s in plan.sections if s.section.name not in form.FRAMES] or [last]
    round_ = list({s.section.label: s for s in reversed(body)}.values())[::-1]
    labels = [s.section.label for s in round_]
    heard = before[-1].section.label if before else ""
    i = labels.index(heard) + 1 if heard in labels else 0
    added: list[tuple[PlanSection, int]] = []
    rest = bars
    while rest:
        source = round_[i % len(round_)]
        size = min(source.section.bars, rest)
        added.append((source, size))
        rest -= size
        i += 1
    return [*((s, s.section.bars) for s in before), *added, (last, last.section.bars)]


def _moved(plan: Plan, start_bar: int, bars: int, to_bar: int) -> list[PlacedChord]:
    """The chords of some bars, placed elsewhere."""
    length = plan.meter.bar_beats
    begin, stop = start_bar * length, (start_bar + bars) * length
    shift = to_bar * length - begin
    return [
        replace(c, onset=c.onset + shift)
        for c in plan.chords
        if begin - 1e-9 <= c.onset < stop - 1e-9
    ]

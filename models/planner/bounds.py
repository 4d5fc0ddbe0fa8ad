"""What a brief may ask for, wherever it comes from.

In: a `Brief` from the public file or from words. Out: nothing, or a refusal that says in one
sentence what cannot be. The planner still refuses what only it can know (a length that is no
whole number of bars).
"""

from __future__ import annotations

import math

from models import vocabulary
from models.errors import Refusal
from models.planner import names
from models.planner.brief import Brief
from models.score import Meter
from models.theory import Chord, Key
from models.vocabulary import Vocabulary

METERS = ("4/4", "3/4", "6/8", "2/4")
TEMPO = (30.0, 300.0)  # quarter notes per minute
SECONDS = (3.0, 600.0)
BARS = (1, 400)
GRADES = (1, 5)
MAX_SEED = 2**32 - 1
MAX_MOODS = 8
MAX_CHORDS_A_BAR = 4
#: How far a tempo may be nudged to meet bars and seconds at once.
NUDGE = 0.03
# Chords that share at most this part of their tones with the key's scale are not in the key: the
# borrowed chords people use (iv, bVI, bVII, bII, V/V) all share a third of theirs or more.
_FOREIGN = 0.25


def check_brief(brief: Brief) -> None:
    """Hold a brief to the bounds that every entrance shares.

    Raises
    ------
    Refusal
        One clear sentence about the first thing that cannot be.
    """
    words = vocabulary.load()
    _check_ids(words, brief)
    _check_numbers(brief)
    _check_players(words, brief)
    _check_length(words, brief)
    _check_harmony(brief)
    if brief.form:
        names.form(brief.form)


def _check_ids(words: Vocabulary, brief: Brief) -> None:
    if brief.style is not None and brief.style not in words.styles:
        names.require(words.styles, brief.style)
    for mood in brief.moods:
        if mood not in words.moods:
            names.require(words.moods, mood)
    if brief.purpose is not None and brief.purpose not in words.purposes:
        names.require(words.purposes, brief.purpose)
    if brief.ensemble is not None and brief.ensemble not in words.ensembles:
        names.require(words.ensembles, brief.ensemble)
    if len(brief.moods) > MAX_MOODS:
        raise Refusal("{count} moods are too many; a piece goes through at most {most}.",
                      count=len(brief.moods), most=MAX_MOODS)  # fmt: skip


def _within(
    template: str, value: float | None, bounds: tuple[float, float], whole: bool = False
) -> None:
    if value is None:
        return
    low, high = bounds
    if not math.isfinite(value) or not low <= value <= high:
        raise Refusal(template, value=f"{value:.6g}", low=f"{low:g}", high=f"{high:.10g}")


def _check_numbers(brief: Brief) -> None:
    _within(
        "{value} bpm is no playable tempo; choose between {low} and {high}.", brief.tempo, TEMPO
    )
    _within("A piece lasts between {low} and {high} seconds (ten minutes); {value} seconds is "
            "outside that.", brief.seconds, SECONDS)  # fmt: skip
    _within("A piece has between {low} and {high} bars; {value} is outside that.", brief.bars, BARS)
    _within("Valence goes from {low} (sad) to {high} (happy); {value} is outside that.",
            brief.valence, (-1, 1))  # fmt: skip
    _within("Arousal goes from {low} (calm) to {high} (wild); {value} is outside that.",
            brief.arousal, (-1, 1))  # fmt: skip
    _within("Density goes from {low} (bare) to {high} (full of notes); {value} is outside that.",
            brief.density, (0, 1))  # fmt: skip
    _within("Grades go from {low} to {high}; {value} is outside that.", brief.grade, GRADES)
    _within("A seed is a whole number from {low} to {high}.", brief.seed, (0, MAX_SEED))
    if brief.meter is not None and brief.meter not in METERS:
        raise Refusal(
            "I cannot write in {meter} yet; choose {meters}.",
            meter=brief.meter[:20],
            meters=", ".join(METERS),
        )


def _check_players(words: Vocabulary, brief: Brief) -> None:
    for name in (*brief.instruments, *brief.without):
        if name not in words.instruments and name not in words.kits:
            names.wanted(words, name, brief.style)
    if brief.ensemble is not None and brief.instruments:
        raise Refusal(
            "A {ensemble} has its own players; name either the ensemble or the instruments.",
            ensemble=words.ensembles[brief.ensemble].name(),
        )
    if brief.ensemble is not None and brief.grade is not None:
        raise Refusal("A lesson is for one or two players; leave the ensemble out.")
    both = [i for i in brief.instruments if i in brief.without]
    if both:
        entry = words.kits[both[0]] if both[0] in words.kits else words.instruments[both[0]]
        raise Refusal("“{name}” is both asked for and left out; choose one.", name=entry.name())
    if len(brief.instruments) > names.MAX_INSTRUMENTS:
        raise Refusal(
            "{count} instruments are too many; choose at most {most}.",
            count=len(brief.instruments),
            most=names.MAX_INSTRUMENTS,
        )
    kits = [i for i in brief.instruments if i in words.kits]
    if len(kits) > 1:
        raise Refusal("A piece has one drum kit; choose one of {kits}.",
                      kits=", ".join(words.kits[k].name() for k in kits))  # fmt: skip
    if kits and len(brief.instruments) == 1:
        raise Refusal("Drums alone make no tune; name at least one more instrument.")


def _check_length(words: Vocabulary, brief: Brief) -> None:
    purpose = words.purposes[brief.purpose] if brief.purpose else None
    if purpose and purpose.lengths and brief.seconds and brief.seconds not in purpose.lengths:
        raise Refusal(
            "A {purpose} lasts {lengths} seconds; choose one of these.",
            purpose=purpose.name().lower(),
            lengths=", ".join(f"{s:g}" for s in purpose.lengths),
        )
    if brief.bars is None:
        return
    meters = (brief.meter,) if brief.meter else METERS
    beats = [brief.bars * Meter.parse(m).bar_beats for m in meters]
    if brief.seconds is not None:
        tempi = [b * 60 / brief.seconds for b in beats]
        asked = TEMPO if brief.tempo is None else (brief.tempo, brief.tempo)
        if not any(asked[0] * (1 - NUDGE) <= t <= asked[1] * (1 + NUDGE) for t in tempi):
            raise Refusal(
                "{bars} bars in {seconds} seconds would be {tempo} bpm; "
                "change the bars, the seconds or the tempo.",
                bars=brief.bars,
                seconds=f"{brief.seconds:g}",
                tempo=f"{tempi[0]:.0f}",
            )
    elif brief.tempo is not None and min(beats) * 60 / brief.tempo > SECONDS[1]:
        raise Refusal(
            "{bars} bars at {tempo} bpm would last {seconds} seconds; the longest piece is {most}.",
            bars=brief.bars,
            tempo=f"{brief.tempo:g}",
            seconds=f"{beats[0] * 60 / brief.tempo:.0f}",
            most=f"{SECONDS[1]:g}",
        )


def _check_harmony(brief: Brief) -> None:
    key = Key.parse(brief.key) if brief.key is not None else None
    if not brief.chords:
        return
    if len(brief.chords) > BARS[1]:
        raise Refusal("{count} bars of chords are too many; write at most {most}.",
                      count=len(brief.chords), most=BARS[1])  # fmt: skip
    parsed = []
    for bar in brief.chords:
        if not 1 <= len(bar) <= MAX_CHORDS_A_BAR:
            raise Refusal("A bar holds one to {most} chords; put “|” between bars.",
                          most=MAX_CHORDS_A_BAR)  # fmt: skip
        parsed += [Chord.parse(symbol) for symbol in bar]
    if key is not None and fit(parsed, key) <= _FOREIGN:
        raise Refusal(
            "The chords {chords} are not in {key}; leave the key out or change the chords.",
            chords=" ".join(c.symbol for c in parsed[:6]),
            key=str(key),
        )


def fit(progression: list[Chord], key: Key) -> float:
    """Share (0..1) of the tones of some chords that lie in the key's scale."""
    tones = [pc for chord in progression for pc in chord.pcs]
    return sum(pc in key.scale for pc in tones) / len(tones)

"""Is the file what was asked? Attribute sets stated in a brief, read back from the finished MIDI.

In: briefs that state tempo, key, meter, bars and instruments, and some chords or form. Out: the
share of files that state each, and the share whose key an independent detector finds from the notes
alone. The file is read with symusic (`verify.midi_facts`) and compared with the brief, not with the
plan. Tempo bins are those of Mustango (Melechovsky et al., NAACL 2024), which text2midi uses too;
with tolerance a neighbouring bin also counts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from models import midi, vocabulary
from models.arranger.plain import arrange
from models.composer.compose import compose
from models.composer.evaluation.study import Figure, Study
from models.key_finder import find_key, weights
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.plan import Plan
from models.score import Meter
from models.theory import Key
from models.verify import Facts, midi_facts

_BINS = (40, 60, 70, 90, 110, 140, 160, 210)
_PUBLISHED = {
    "tempo bin": "text2midi 39.7, MuseCoco 21.7 (their test captions differ)",
    "tempo bin with tolerance": "text2midi 65.8, MuseCoco 54.6 (their test captions differ)",
    "stated key": "text2midi 33.6, MuseCoco 13.7 (their test captions differ)",
}
_FOUND = "key found"
_DICTATED = "key that the dictated chords alone say"
_KEY_REFERENCE = "the detector on human music: 90 % (`models.key_finder`)"


@dataclass(frozen=True)
class Finished:
    """A brief, what was planned, and what its MIDI file states and sounds."""

    brief: Brief
    plan: Plan
    facts: Facts


def control(study: Study, briefs: Sequence[Brief]) -> list[Figure]:
    """Shares in per cent over the briefs that state each attribute."""
    chosen = briefs[: study.cases(len(briefs))]
    oks: dict[str, list[bool]] = defaultdict(list)
    for number, brief in enumerate(chosen):
        study.say(f"attribute set {number + 1} of {len(chosen)}")
        done = finished(study, brief, study.seed + number)
        for name, ok in (stated(done) | sounding(done)).items():
            oks[name].append(ok)
        oks["everything stated"].append(all(stated(done).values()))
    return [_figure(name, found) for name, found in oks.items()]


def _figure(name: str, oks: Sequence[bool]) -> Figure:
    if name == _DICTATED:
        target, words = "", "a ceiling: nothing of ours is heard"
    elif name.startswith(_FOUND):
        target, words = ">= 88", _KEY_REFERENCE
    else:
        target, words = "100", _PUBLISHED.get(name, "")
    words = f"{len(oks)} sets" + ("; " + words if words else "")
    return Figure(name, 100 * sum(oks) / len(oks), "%", target, words)


def finished(study: Study, brief: Brief, seed: int) -> Finished:
    """The brief planned, composed, arranged, written and read back."""
    plan = make_plan(brief, seed)
    score = arrange(plan, compose(plan, study.composer, seed))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "piece.mid"
        midi.write(score, path)
        return Finished(brief, plan, midi_facts(path))


def stated(done: Finished) -> dict[str, bool]:
    """What the brief asks for, each with whether the file states just that."""
    brief, facts = done.brief, done.facts
    out: dict[str, bool] = {}
    if brief.tempo is not None:
        asked, got = tempo_bin(brief.tempo), tempo_bin(facts.bpms[0])
        out["tempo bin"] = asked == got
        out["tempo bin with tolerance"] = abs(asked - got) <= 1
        out["tempo within 0.01 bpm"] = abs(facts.bpms[0] - brief.tempo) <= 0.01
    if brief.key:
        key = Key.parse(brief.key)
        mode = "minor" if key.is_minor else "major"
        out["stated key"] = (facts.signature, facts.mode) == (key.fifths, mode)
    if brief.meter:
        out["meter"] = facts.meter == brief.meter
    if brief.bars:
        meter = Meter.parse(facts.meter)
        out["bars"] = abs(facts.beats / meter.bar_beats - brief.bars) < 1e-3
    if brief.instruments:
        out["instruments"] = all(_plays(facts, name) for name in brief.instruments)
    if brief.form:
        names = [text.partition("] ")[2] for _, text in facts.sections]
        out["form"] = names == list(brief.form)
    if brief.chords:
        out["chords"] = _changes(facts.chords) == _asked(brief, facts)
    return out


def tempo_bin(bpm: float) -> int:
    """Number of the bin that a tempo lies in."""
    # Files count microseconds a beat: 90 comes back as 90.00001.
    return bisect_right(_BINS, round(bpm, 2))


def _plays(facts: Facts, name: str) -> bool:
    """Whether a sounding part has the program of an instrument, or is a kit of that program."""
    words = vocabulary.load()
    is_drum = name in {k.id for k in words.kits}
    program = next(
        e.program for e in (words.kits if is_drum else words.instruments) if e.id == name
    )
    return any(p.notes and p.is_drum == is_drum and p.program == program for p in facts.parts)


def _asked(brief: Brief, facts: Facts) -> list[tuple[float, str]]:
    """(beat, symbol) of the chords of a brief, its bars repeated to the end of the file."""
    beats = Meter.parse(facts.meter).bar_beats
    rows = []
    for bar in range(round(facts.beats / beats)):
        symbols = brief.chords[bar % len(brief.chords)]
        length = beats / len(symbols)
        rows += [(bar * beats + k * length, symbol) for k, symbol in enumerate(symbols)]
    return _changes(rows)


def _changes(rows: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    out: list[tuple[float, str]] = []
    for at, symbol in rows:
        if not out or out[-1][1] != symbol:
            out.append((round(at, 3), symbol))
    return out


def sounding(done: Finished) -> dict[str, bool]:
    """Whether Albrecht and Shanahan's profiles find the key asked for; of major and minor only.

    Sets whose chords are dictated stand apart: nothing but the melody is then free to say the key.
    """
    if not done.brief.key:
        return {}
    key = Key.parse(done.brief.key)
    if key.mode not in ("major", "minor"):
        return {}
    roles = {p.name: p.role for p in done.plan.parts}
    pitched = [p for p in done.facts.parts if not p.is_drum]
    narrow = [p for p in pitched if roles.get(p.name) in ("melody", "chords")]
    whose = "chords of the brief" if done.brief.chords else "own chords"
    out = {}
    for what, parts in (("", pitched), (", melody and chord parts alone", narrow)):
        heard = [(duration, pitch) for p in parts for _, duration, pitch in p.notes]
        if heard:
            tonic, minor, _ = find_key(weights(heard))
            right = (tonic, minor) == (key.tonic_pc, key.is_minor)
            out[f"{_FOUND}{what}"] = out[f"{_FOUND}{what}, {whose}"] = right
    if done.brief.chords:  # as far as the dictated harmony alone says the key
        tones = [(c.duration, pc) for c in done.plan.chords for pc in c.chord.pcs]
        tonic, minor, _ = find_key(weights(tones))
        out[_DICTATED] = (tonic, minor) == (key.tonic_pc, key.is_minor)
    return out

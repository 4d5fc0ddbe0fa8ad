"""Relative edits, measured on the result: "slower", "up a third", "no drums", "sadder".

In: the installed makers. Out: `Figure`s: how many of the edits that can be stated are in the files
as they were asked (read by `models.verify`'s reader and counted here, not by `bot.editing`), how
many moods moved the way that `models.mood_judge` hears them, how many of the notes nobody asked to
change are still there, and how many results pass the check of every piece. Pieces, seeds and moods
are not those that the edits were written with (`split` "validation").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np

from bot.arranging import Makers
from bot.domain import Change, Edit, Request
from bot.editing import draft
from bot.piece import PieceFile
from models import midi, mood_judge, musicxml, vocabulary
from models.arranger.generate import load_arranger
from models.arranger.whole import arrange
from models.composer.evaluation.study import Figure
from models.composer.generate import compose, load_composer
from models.errors import Refusal
from models.key_finder import distances, weights
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.plan import Plan
from models.score import Score, Track
from models.theory import Key
from models.verify import Facts, failed, midi_facts, verify

Say = Callable[[str], None]
Split = Literal["validation", "test"]

_STYLES: dict[Split, tuple[str, ...]] = {
    "validation": (
        "pop", "waltz", "swing", "bossa_nova", "tango", "lofi", "folk", "house", "metal", "ballad",
    ),
    "test": (
        "rock", "reggae", "funk", "country", "slow_blues", "techno", "march", "samba", "rnb",
        "baroque",
    ),
}  # fmt: skip
_SEEDS: dict[Split, int] = {"validation": 20, "test": 71_000}
_MOODS: dict[Split, tuple[str, ...]] = {
    "validation": ("sad", "happy", "calm", "energetic", "angry", "dark", "epic", "dreamy"),
    "test": (
        "melancholic", "cheerful", "peaceful", "excited", "aggressive", "spooky", "hopeful",
        "mournful", "tense", "romantic",
    ),
}  # fmt: skip
_CLEAR, _HEARD = 0.25, 0.01  # a mood speaks of an axis from here on; a move that is one
_TRIES = 3  # as often as the studio writes a piece whose check fails


@dataclass(frozen=True)
class _Piece:
    """A finished piece in its folder; what its file states and says."""

    name: str
    plan: Plan
    facts: Facts
    score: Score


@dataclass(frozen=True)
class _Result:
    """What came of an edit: the same of its file, and the checks that failed."""

    plan: Plan
    facts: Facts
    score: Score
    broken: tuple[str, ...]


@dataclass(frozen=True)
class _Case:
    """An edit as people say it, whether it came out, and the tracks that are to stay."""

    said: str
    change: Change
    right: Callable[[_Piece, _Result], bool]
    stays: Callable[[Track], bool] = lambda _: False


def figures(quick: bool, say: Say, split: Split = "test") -> list[Figure]:
    """All rows; `quick` takes two pieces and two moods.

    Raises
    ------
    Refusal
        When a weight is missing.
    """
    makers = Makers(load_composer(), load_arranger())
    styles = _STYLES[split][: 2 if quick else None]
    moods = _MOODS[split][: 2 if quick else None]
    with TemporaryDirectory() as scratch:
        home = Path(scratch) / "pieces"
        pieces = [_made(s, _SEEDS[split] + i, home, makers) for i, s in enumerate(styles)]
        tally = _Tally(say)
        for piece in pieces:
            for case in _cases(piece):
                tally.statable(case, piece, _edited(piece, case.change, home, makers))
            for mood in moods:
                tally.mood(mood, piece, _edited(piece, Change(mood=mood), home, makers))
    return tally.figures()


def _made(style: str, seed: int, home: Path, makers: Makers) -> _Piece:
    """A piece of a style, as the studio would make it."""
    brief = Brief(style=style)
    folder = home / style
    folder.mkdir(parents=True)
    for attempt in range(_TRIES):
        plan = make_plan(brief, seed + 1_000 * attempt)
        melody = compose(plan, makers.composer, plan.seed)
        midi.write(arrange(plan, melody, makers.arranger, plan.seed), folder / "piece.mid")
        musicxml.write(midi.read(folder / "piece.mid"), folder / "piece.musicxml")
        if not failed(verify(plan, folder / "piece.mid", folder / "piece.musicxml")):
            break
    PieceFile(brief, plan, plan.seed, id=style).save(folder)
    path = folder / "piece.mid"
    return _Piece(style, plan, midi_facts(path), midi.read(path))


def _edited(piece: _Piece, change: Change, home: Path, makers: Makers) -> _Result | str:
    """The result of an edit, or why it was refused."""
    request = Request("edit", edit=Edit(piece.name, change))
    try:
        sketch, score = draft(request, 4_711, home, makers)
    except Refusal as refusal:
        return str(refusal)
    with TemporaryDirectory() as scratch:
        paths = Path(scratch) / "a.mid", Path(scratch) / "a.musicxml"
        midi.write(score, paths[0])
        musicxml.write(score, paths[1])
        broken = failed(verify(sketch.plan, *paths))
        return _Result(
            sketch.plan, midi_facts(paths[0]), midi.read(paths[0]),
            tuple(f"{c.name}: {c.found}" for c in broken),
        )  # fmt: skip


# --- what can be stated ---------------------------------------------------------------------------


def _cases(piece: _Piece) -> Iterator[_Case]:
    """The edits that this piece allows; what it does not have is not asked to go."""
    everything: Callable[[Track], bool] = lambda _: True  # noqa: E731
    yield _Case("slower", Change(pace=0.85), _pace(0.85), everything)
    yield _Case("faster", Change(faster=8), lambda a, b: _near(
        b.facts.bpms[0], a.facts.bpms[0] + 8), everything)  # fmt: skip
    if piece.plan.bpm <= 150:
        yield _Case("twice as fast", Change(pace=2.0), _pace(2.0), everything)
    if piece.plan.bpm >= 60:
        yield _Case("half time", Change(pace=0.5), _pace(0.5), everything)
    yield _Case("at 100", Change(tempo=100), lambda a, b: _near(b.facts.bpms[0], 100), everything)
    yield _Case("up a major third", Change(semitones=4), _up(4), lambda t: t.is_drum)
    yield _Case("down a tone", Change(semitones=-2), _up(-2), lambda t: t.is_drum)
    for key in (Key("G", "minor"), Key("A")):
        if key != piece.plan.key:
            yield _Case(f"in {key}", Change(key=str(key)), _key(key), lambda t: t.is_drum)
    yield from _players(piece)
    yield from _forms(piece)
    meter = "3/4" if piece.facts.meter != "3/4" else "4/4"
    yield _Case(f"in {meter}", Change(meter=meter), lambda a, b: b.facts.meter == meter)
    yield _Case("louder", Change(loudness=1), _more(_velocity, 1.03), everything)
    yield _Case("softer", Change(loudness=-1), _less(_velocity, 0.97), everything)
    yield _Case("busier", Change(intensity=1), _more(_onsets, 1.05))
    yield _Case("simpler", Change(intensity=-1), _less(_onsets, 0.95))
    yield _Case("fuller", Change(fullness=1), _more(_voices, 1.05), everything)
    yield _Case("thinner", Change(fullness=-1), _less(_voices, 0.95), lambda t: t.is_drum)
    yield _Case(
        "a title", Change(title="Nora’s song"), lambda a, b: b.score.title == "Nora’s song",
        everything,
    )  # fmt: skip


def _players(piece: _Piece) -> Iterator[_Case]:
    words = vocabulary.load()
    if any(p.is_drum for p in piece.facts.parts):
        yield _Case(
            "no drums", Change(remove=("drums",)),
            lambda a, b: not any(p.is_drum for p in b.facts.parts), lambda t: not t.is_drum,
        )  # fmt: skip
    if not any(p.instrument == "cello" for p in piece.plan.parts):
        program = words.instruments["cello"].program
        yield _Case(
            "add a cello", Change(add=("cello",)),
            lambda a, b: any(p.program == program and p.notes for p in b.facts.parts),
            lambda _: True,
        )  # fmt: skip
    lead = next(p for p in piece.plan.parts if p.role == "melody")
    player = "flute" if lead.instrument != "flute" else "violin"
    flute = words.instruments[player].program
    yield _Case(
        f"melody on a {player}", Change(swap=(("melody", player),)),
        lambda a, b: any(p.program == flute and p.notes for p in b.facts.parts)
        and lead.name not in {p.name for p in b.facts.parts},
        lambda t: t.name != lead.name,
    )  # fmt: skip
    bass = next((p for p in piece.plan.parts if p.role == "bass"), None)
    if bass:
        yield _Case(
            "another bass line", Change(reroll=("bass",)),
            lambda a, b: _track(a.score, bass.name) != _track(b.score, bass.name),
            lambda t: t.name != bass.name,
        )  # fmt: skip


def _forms(piece: _Piece) -> Iterator[_Case]:
    sections = [s.section for s in piece.plan.sections]
    seconds = round(piece.score.seconds)
    yield _Case("half as long", Change(seconds=seconds // 2), _lasts(seconds // 2))
    yield _Case("twice as long", Change(seconds=2 * seconds), _lasts(2 * seconds))
    if len(sections) > 1:
        first, last = sections[0], sections[-1]
        cut = f"1-{first.bars}"
        yield _Case(
            "without the beginning", Change(cut=(cut,)),
            lambda a, b: b.facts.sections[0][1] == a.facts.sections[1][1]
            and _bars(b) == _bars(a) - first.bars,
        )  # fmt: skip
        again = f"{last.start_bar + 1}-{last.start_bar + last.bars}"
        yield _Case(
            "the last part again", Change(repeat=(again,)),
            lambda a, b: b.facts.sections[-1][1] == b.facts.sections[-2][1]
            and _bars(b) == _bars(a) + last.bars,
        )  # fmt: skip


def _near(found: float, asked: float) -> bool:
    return abs(found - asked) <= 0.02


def _pace(factor: float) -> Callable[[_Piece, _Result], bool]:
    return lambda a, b: abs(a.facts.seconds / b.facts.seconds - factor) < 0.002


def _lasts(seconds: float) -> Callable[[_Piece, _Result], bool]:
    return lambda a, b: abs(b.facts.seconds - seconds) <= 0.1


def _bars(one: _Piece | _Result) -> int:
    return round(one.facts.beats / one.plan.meter.bar_beats)


def _track(score: Score, name: str) -> list[tuple[float, int]]:
    return [(n.onset, n.pitch) for t in score.tracks if t.name == name for n in t.notes]


def _up(steps: int) -> Callable[[_Piece, _Result], bool]:
    """Every pitch class at its place so many semitones away, and the key with them."""

    def right(a: _Piece, b: _Result) -> bool:
        old = {(t.name, n.onset, (n.pitch + steps) % 12) for t in a.score.tracks if not t.is_drum
               for n in t.notes}  # fmt: skip
        new = {(t.name, n.onset, n.pitch % 12) for t in b.score.tracks if not t.is_drum
               for n in t.notes}  # fmt: skip
        return old == new and b.score.key.tonic_pc == (a.score.key.tonic_pc + steps) % 12

    return right


def _key(wanted: Key) -> Callable[[_Piece, _Result], bool]:
    """Stated, and heard: the pitches are nearer that mode than the other on its tonic."""

    def right(_: _Piece, b: _Result) -> bool:
        mode = "minor" if wanted.is_minor else "major"
        notes = [n for t in b.score.tracks if not t.is_drum for n in t.notes]
        far = distances(weights((n.duration, n.pitch) for n in notes))
        minor, major = far[12 + wanted.tonic_pc], far[wanted.tonic_pc]
        heard = (minor < major) == wanted.is_minor
        return (b.facts.signature, b.facts.mode) == (wanted.fifths, mode) and bool(heard)

    return right


def _more(measure: Callable[[Score], float], least: float) -> Callable[[_Piece, _Result], bool]:
    return lambda a, b: measure(b.score) >= least * measure(a.score)


def _less(measure: Callable[[Score], float], most: float) -> Callable[[_Piece, _Result], bool]:
    return lambda a, b: measure(b.score) <= most * measure(a.score)


def _velocity(score: Score) -> float:
    return float(np.mean([n.velocity for t in score.tracks for n in t.notes]))


def _onsets(score: Score) -> float:
    return sum(len({n.onset for n in t.notes}) for t in score.tracks) / score.beats


def _voices(score: Score) -> float:
    notes = [n for t in score.tracks if not t.is_drum for n in t.notes]
    return sum(n.duration for n in notes) / score.beats


# --- the table ------------------------------------------------------------------------------------


class _Tally:
    """Counts as the results come."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.right: list[bool] = []
        self.moods: list[bool] = []
        self.sound: list[bool] = []
        self.kept = self.untouched = 0

    def statable(self, case: _Case, piece: _Piece, result: _Result | str) -> None:
        """Count one edit that can be stated."""
        ok = not isinstance(result, str) and case.right(piece, result)
        self.right.append(ok)
        if not ok:
            why = result if isinstance(result, str) else "not in the file"
            self.say(f"WRONG: {piece.name}, {case.said}: {why}")
        if not isinstance(result, str):
            self._sound(piece, case.said, result)
            self._stayed(case, piece, result)

    def _stayed(self, case: _Case, piece: _Piece, result: _Result) -> None:
        new = {t.name: {(n.onset, n.pitch, n.duration) for n in t.notes} for t in
               result.score.tracks}  # fmt: skip
        for track in filter(case.stays, piece.score.tracks):
            notes = {(n.onset, n.pitch, n.duration) for n in track.notes}
            here = len(notes & new.get(track.name, set()))
            self.untouched += len(notes)
            self.kept += here
            if here < len(notes):
                self.say(f"LOST: {piece.name}, {case.said}: {len(notes) - here} of {track.name}")

    def mood(self, mood: str, piece: _Piece, result: _Result | str) -> None:
        """Count one mood: on each axis that it speaks of, the judge must hear a move its way."""
        ok = False
        if not isinstance(result, str):
            before, after = mood_judge.judge(piece.score), mood_judge.judge(result.score)
            word = vocabulary.load().moods[mood]
            ok = all(
                (b - a) * way > _HEARD * (1 - a * a)
                for way, a, b in zip((word.valence, word.arousal), before, after, strict=True)
                if abs(way) >= _CLEAR
            )
            self._sound(piece, mood, result)
        self.moods.append(ok)
        if not ok:
            self.say(f"WRONG: {piece.name}, {mood}: {result if isinstance(result, str) else ''}")

    def _sound(self, piece: _Piece, said: str, result: _Result) -> None:
        self.sound.append(not result.broken)
        if result.broken:
            self.say(f"CHECK: {piece.name}, {said}: {'; '.join(result.broken)}")

    def figures(self) -> list[Figure]:
        """The rows."""
        kept = 100 * self.kept / max(1, self.untouched)
        return [
            _share("relative edits, statable, as asked", self.right, "100"),
            _share("mood edits, by the mood detector", self.moods, ">= 90"),
            Figure("untouched notes kept", kept, "%", "100", f"{self.untouched} notes"),
            _share("results that pass every check", self.sound, ""),
        ]


def _share(name: str, found: Sequence[bool], target: str) -> Figure:
    share = 100 * sum(found) / max(1, len(found))
    return Figure(name, share, "%", target, f"{sum(found)} of {len(found)} edits")

"""The evaluation's own measures on music whose answer is known; and that they can say no."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from composer_plans import plan

from models.composer.encode import FIRST_ONSET, HOLD, REST, Event, bar_events, events_of
from models.composer.evaluation import (
    control,
    latents,
    likelihood,
    manners,
    melodies,
    moods,
    pieces,
    sliding,
    songs,
)
from models.composer.evaluation.study import Study, correlation, spread
from models.composer.generate import load_composer
from models.composer.page import Composer
from models.composer.reading import read
from models.composer.sheets import LeadSheet
from models.planner.brief import Brief
from models.score import Note
from models.theory import QUALITY_CLASSES
from models.verify import Facts, PartFacts

_MAJ, _MIN, _DOM = (QUALITY_CLASSES.index(name) for name in ("maj", "min", "dom7"))
_CHORDS = ((0, 0, _MAJ), (16, 9, _MIN), (32, 5, _MAJ), (48, 7, _DOM))


@pytest.fixture(scope="module")
def composer() -> Composer:
    torch.set_num_threads(1)
    return load_composer()


def tune(
    number: int,
    bars: int = 16,
    source: str = "nottingham",
    style: str = "folk",
    minor: bool = False,
) -> LeadSheet:
    """Four-bar phrases of scale steps over C Am F G7, different for each number."""
    rng = np.random.default_rng(number)
    scale = (60, 62, 63 if minor else 64, 65, 67, 69, 71, 72)
    notes, degree = [], int(rng.integers(8))
    for bar in range(bars):
        lengths = [8, 8] if bar % 4 == 3 else [4] * 4 if number % 2 else [2] * 8
        at = 16 * bar
        for length in lengths:
            degree = min(7, max(0, degree + int(rng.choice((-2, -1, 0, 1, 2)))))
            notes.append((at, length, scale[degree]))
            at += length
    chords = tuple(
        (64 * k + at, root, kind) for k in range(bars // 4) for at, root, kind in _CHORDS
    )
    return LeadSheet(f"{source}/{number}", source, style, "4/4", minor, bars, tuple(notes), chords)


def sheets() -> dict[str, list[LeadSheet]]:
    test = [tune(2 * k) for k in range(6)]  # eighths are folk, quarters are pop
    test += [tune(2 * k + 1, source="pop909", style="pop") for k in range(6)]
    train = [tune(100 + 2 * k) for k in range(45)]
    train += [tune(201 + 2 * k, source="pop909", style="pop") for k in range(45)]
    return {"train": train, "validation": [], "test": test}


def test_a_sheet_becomes_a_piece_and_back() -> None:
    sheet = tune(3)
    source = pieces.source_of(sheet)
    reading = read(source)
    assert reading.sheet.notes == sheet.notes
    assert reading.sheet.chords == sheet.chords
    assert sum(c.duration for c in source.plan.chords) == 64
    assert pieces.bars_of(source.melody, source.plan) == pieces.sheet_bars(sheet)
    short = pieces.cut(sheet, 8)
    assert short.bars == 8 and short.notes == sheet.notes[: len(short.notes)]
    assert max(on + length for on, length, _ in short.notes) == 128
    assert not pieces.workable(replace(sheet, chords=()), 8)


def test_sources_come_in_turn() -> None:
    chosen = spread(sheets()["test"], 5)
    assert [s.source for s in chosen] == ["nottingham", "pop909"] * 2 + ["nottingham"]


def test_correlation_of_nothing_is_none() -> None:
    assert correlation([1, 2, 3], [1, 4, 9]) == pytest.approx(1)
    assert correlation([1, 2, 3], [5, 5, 5]) == 0


def _facts(**other: object) -> Facts:
    part = PartFacts("Flute", 73, False, ((0.0, 4.0, 72), (4.0, 4.0, 67), (8.0, 4.0, 76)))
    stated = {
        "signature": 0, "mode": "major", "bpms": (90.00001,), "meter": "4/4", "beats": 32.0,
        "seconds": 21.3, "chords": ((0.0, "C"), (4.0, "G"), (8.0, "C"), (12.0, "G"), (16.0, "C"),
        (20.0, "G"), (24.0, "C"), (28.0, "G")),
        "sections": ((0.0, "[A] verse"), (16.0, "[B] chorus")), "parts": (part,),
    }  # fmt: skip
    return Facts(**{**stated, **other})  # type: ignore[arg-type]


_BRIEF = Brief(
    key="C major", tempo=90, meter="4/4", bars=8, instruments=("flute",), form=("verse", "chorus"),
    chords=(("C",), ("G",)),
)  # fmt: skip


def _stated(**other: object) -> dict[str, bool]:
    return control.stated(control.Finished(_BRIEF, plan(), _facts(**other)))


def test_control_finds_what_is_stated_and_what_is_not() -> None:
    assert all(_stated().values()) and len(_stated()) == 9
    for name, other in (
        ("tempo bin", {"bpms": (89.0,)}),
        ("stated key", {"mode": "minor"}),
        ("meter", {"meter": "2/4"}),
        ("bars", {"beats": 36.0}),
        ("instruments", {"parts": ()}),
        ("form", {"sections": ((0.0, "[A] verse"),)}),
        ("chords", {"chords": ((0.0, "C"), (4.0, "F"))}),
    ):
        assert not _stated(**other)[name]
    off = _stated(bpms=(111.0,))
    assert off["tempo bin with tolerance"] and not off["tempo bin"]
    assert not _stated(bpms=(150.0,))["tempo bin with tolerance"]


def test_the_key_is_found_from_the_notes_alone() -> None:
    done = control.Finished(_BRIEF, plan(), _facts())
    assert control.sounding(done)["key found, chords of the brief"]
    other = control.Finished(replace(_BRIEF, key="F# major"), plan(), _facts())
    assert not control.sounding(other)["key found"]
    assert control.sounding(replace(done, brief=replace(_BRIEF, key="D dorian"))) == {}


def test_slider_measures_are_those_of_the_notes() -> None:
    asked = plan("A", bars=2, low=60, high=84)
    notes = [Note(0, 72, 2, 80), Note(0, 64, 2, 80), Note(2, 76, 1, 80), Note(5, 71, 1, 80)]
    found = sliding.measured(notes, asked)
    assert found["intensity"] == 3 / 32
    assert found["polyphony"] == (2 * 2 + 1 + 1) / 4
    assert found["register"] == pytest.approx((73 - 60) / 24)
    assert found["motion"] == 4.5


def test_similarity_is_one_with_itself_and_none_with_the_unlike() -> None:
    bars = pieces.sheet_bars(tune(1))
    assert manners.similarities(bars, bars, 16) == pytest.approx((1, 1))
    one = [[Event(0, FIRST_ONSET, 60, 8), Event(8, REST, 60, 8)]]
    two = [[Event(0, REST, 60, 8), Event(8, FIRST_ONSET, 62, 8)]]
    assert manners.similarities(one, two, 16) == (0, 0)


def test_pairs_are_of_unlike_styles_in_one_meter_and_mode() -> None:
    test = [*sheets()["test"], tune(7, minor=True), tune(8, source="pop909", style="pop")]
    pairs = manners.pairs_of(test, 8, 0)
    assert len(pairs) == 8
    for a, b in pairs:
        assert a.style != b.style and a.source != b.source
        assert (a.meter, a.minor) == (b.meter, b.minor)


def test_a_grid_says_onsets_holds_and_silence() -> None:
    bars = [
        [Event(0, FIRST_ONSET, 60, 3), Event(3, REST, 60, 1), Event(4, FIRST_ONSET, 62, 12)],
        [Event(16, HOLD, 62, 4), Event(20, REST, 62, 12)],
    ]
    found = latents.grid(bars, 16)
    assert found[:6].tolist() == [60, -2, -2, -1, 62, -2]
    assert found[16:21].tolist() == [-2, -2, -2, -2, -1]


def test_a_cross_fade_begins_and_ends_with_the_pieces() -> None:
    a, b = (pieces.sheet_bars(tune(k, 8)) for k in (1, 2))
    faded = latents._cross_faded(a, b, 3)
    assert (faded[0], faded[-1]) == (a, b)
    assert all(bar in (x, y) for row in faded for bar, x, y in zip(row, a, b, strict=True))
    like = tune(1, 8)
    again = latents._as_sheet(a, like)
    assert bar_events(events_of(again), 16, 8) == a


def test_a_style_vector_is_never_that_of_the_piece() -> None:
    train = [tune(k, style="folk") for k in range(100, 104)]
    styles = likelihood._Styles(train)
    found = styles.of(tune(0))
    assert found is not None and found.shape == (60,)
    assert np.array_equal(found, likelihood._Styles(train).of(tune(5)))  # whoever asks
    assert styles.of(tune(0, source="pop909", style="pop")) is None


def test_likelihood_has_a_row_for_all_that_is_told(composer: Composer) -> None:
    study = Study(composer, {"train": sheets()["train"][:50], "test": [tune(0), tune(1)]})
    found = {f.name: f.value for f in likelihood.likelihood(study)}
    told = found["nottingham, chords, attributes, latents"]
    assert told < found["nottingham, chords"] < 10
    assert {"all with chords, 5-gram", "nottingham, chords and style vector"} <= set(found)
    assert not any("own network" in name for name in found)


def test_what_is_written_is_measured(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(melodies, "_TUNES", 32)
    study = Study(composer, sheets(), quick=True)
    rows = {f.name: f for f in melodies.melodies(study)}
    assert {"Frechet distance, human", "Frechet distance, n-gram"} <= set(rows)
    assert 0 < rows["notes a bar, composer"].value < 17


def test_a_copy_has_the_chroma_of_its_source_and_a_transfer_less(
    composer: Composer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manners, "_PAIRS", 4)
    study = Study(composer, sheets(), quick=True)
    found = {f.name: f.value for f in manners.manners(study)}
    assert found["copying the source, chroma similarity to the source"] == pytest.approx(1)
    assert found["transfer, chroma similarity to the source"] < 1
    assert found["classifier, right on test pieces"] > 50


def test_blends_begin_and_end_at_the_pieces(
    composer: Composer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latents, "_STEPS", 5)
    monkeypatch.setattr(latents, "_BARS", 8)
    study = Study(composer, sheets(), quick=True)
    found = {f.name: f for f in latents.latents(study)}
    away = "blend, distance from the first, rank correlation with the step"
    assert 0 < found[away].value <= 1
    assert found["reconstruction, true past, bars right"].value > 0


def test_songs_and_moods_and_sliders_run(
    composer: Composer, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study(composer, sheets(), quick=True)
    monkeypatch.setattr(songs, "_KINDS", (songs._Kind("pop", "pop909", ("pop",)),))
    monkeypatch.setattr(songs, "_SHORTEST", 16)
    names = {f.name for f in songs.songs(study)}
    assert "longest copy" in names and "pop, bars that return by notes" in names
    briefs = [Brief(moods=(mood,), bars=4) for mood in ("happy", "sad", "calm", "epic")]
    judged = moods.moods(study, briefs, [Brief(valence=0.0, arousal=0.0, bars=4)])
    assert len(judged) == 4 and all(0 <= f.value <= 100 for f in judged)
    monkeypatch.setattr(sliding, "_BARS", 4)
    monkeypatch.setattr(sliding, "_VALUES", (0.0, 0.5, 1.0))
    monkeypatch.setattr(sliding, "_STYLES", ("pop", "waltz"))
    found = {f.name: f.value for f in sliding.sliding(study)}
    assert found["restyling, intensity"] > 0.5

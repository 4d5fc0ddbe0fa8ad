from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arranger.band import SLOTS
from models.arranger.mma_parts import (
    Groove,
    find_swing,
    gridded,
    grooves,
    slots,
    unswing,
    variants,
)
from models.arranger.mma_run import ChartBar, Voice, installed, render, style_file
from models.composer.sheets import BAR_STEPS
from models.theory import Chord
from models.vocabulary import load

needs_mma = pytest.mark.skipif(not installed(), reason="needs the program mma (apt install mma)")
STRAIGHT = Groove("pop", "4/4", "casio/pop", "", "")
#: Families in which every groove has drums; the others have quiet bands too.
DRUMMED = ("pop", "rock", "electronic", "hiphop", "world")


def voice(name: str, notes: list[tuple[float, float, int]], program: int = 0) -> Voice:
    return Voice(name, program, name.startswith("Drum"), tuple((*n, 80) for n in notes))


def test_every_style_of_the_table_exists_and_every_family_has_several_grooves() -> None:
    styles = load().styles
    table = grooves()
    assert len({g.id for g in table}) == len(table)
    families: dict[str, set[str]] = {}
    for groove in table:
        assert groove.style in styles, groove.id
        assert groove.meter in BAR_STEPS
        families.setdefault(groove.family, set()).add(groove.path)
    assert set(families) == {s.family for s in styles}
    assert min(len(paths) for paths in families.values()) >= 5


@needs_mma
def test_every_entry_of_the_table_is_in_the_library() -> None:
    for groove in grooves():
        file = style_file(groove.path)
        assert file.plain or file.sus, groove.id
        if groove.pinned:
            assert groove.pinned in file.sizes, groove.id
        if groove.drums:
            path, _, name = groove.drums.partition(":")
            assert name in style_file(path).sizes, groove.id
        assert file.beats in ({3, 6, 2, 4} if groove.meter == "6/8" else {3, 4}), groove.id


@needs_mma
@pytest.mark.parametrize("family", sorted({g.family for g in grooves()}))
def test_one_groove_of_each_family_plays_a_band(family: str) -> None:
    """The whole table is rendered by the farm; here the first groove of each family."""
    groove = next(g for g in grooves() if g.family == family)
    name = groove.pinned or style_file(groove.path).plain[0]
    beats = style_file(groove.path).beats
    chart = [
        ChartBar(f"{groove.path}:{name}", ((0.0, Chord.parse(symbol)),))
        for symbol in ("C", "Am", "F", "G")
    ]
    rows, _ = gridded(slots(render(chart, seed=1), beats), groove, beats, 4)
    playing = {SLOTS[r[0]] for r in rows}
    assert playing & {"chords", "pad"}
    assert "bass" in playing
    if family in DRUMMED:
        assert "drums" in playing
    assert all(0 <= onset < 4 * groove.steps and length >= 1 for _, onset, length, _, _ in rows)


@needs_mma
def test_sections_are_played_by_variants_of_one_groove() -> None:
    chosen = variants(Groove("fusion", "4/4", "stdlib/jazzrock", "", ""), random.Random(1))
    assert "Plus" in chosen.chorus
    assert "Intro" in chosen.intro
    assert "End" in chosen.end
    assert "Fill" in chosen.verse_fill
    assert 1 <= chosen.end_bars <= 4
    pinned = variants(Groove("hymn", "4/4", "stdlib/hymn", "HymnWalk", ""), random.Random(1))
    assert pinned.verse == "HymnWalk"
    assert pinned.chorus == "HymnWalkPlus"


def test_which_voice_is_which_slot() -> None:
    comp = [(i / 2, 0.4, p) for i in range(8) for p in (60, 64, 67)]
    band = slots(
        [
            voice("Drum", [(i, 0.01, 38) for i in range(4)]),
            voice("Drum-Kick", [(0.0, 0.01, 36)]),
            voice("Bass-9", [(0.0, 1.0, 36), (0.0, 1.0, 48), (2.0, 3.0, 43), (3.0, 1.0, 43)], 33),
            voice("Bass-7", [(i / 2, 0.5, 72) for i in range(8)], 80),
            voice("Chord-Sus", [(0.0, 4.0, 60), (0.0, 4.0, 64)]),
            voice("Chord", comp),
            voice("Arpeggio", [(float(i), 1.0, 60 + i) for i in range(4)]),
            voice("Plectrum", [(0.0, 4.0, 52), (0.0, 4.0, 59)]),
        ],
        4.0,
    )
    assert len(band["drums"]) == 5
    assert [n[:3] for n in band["bass"]] == [(0.0, 1.0, 36), (2.0, 1.0, 43), (3.0, 1.0, 43)]
    assert {n[2] for n in band["counter"]} == {72}
    assert {n[1] for n in band["pad"]} == {4.0}
    assert len(band["chords"]) == len(comp)
    assert len(band["chords2"]) == 4


def test_a_riff_below_the_staff_is_not_the_bass_where_a_bass_plays() -> None:
    riff = [(i / 2, 0.5, 45) for i in range(8)]
    band = slots([voice("Bass-7", riff, 29), voice("Bass-9", [(0.0, 4.0, 33)], 33)], 4.0)
    assert {n[2] for n in band["bass"]} == {33}
    assert {n[2] for n in band["counter"]} == {57}  # and a counter-line is no second bass


def test_a_bass_comes_down_from_the_staff_and_up_from_the_cellar() -> None:
    high = slots([voice("Bass", [(0.0, 1.0, 62), (1.0, 1.0, 55)], 38)], 4.0)
    assert [n[2] for n in high["bass"]] == [50, 43]
    low = slots([voice("Walk", [(0.0, 1.0, 24), (1.0, 1.0, 31)], 32)], 4.0)
    assert [n[2] for n in low["bass"]] == [36, 43]


@given(st.floats(0.55, 0.78), st.integers(0, 40), st.floats(0.0, 0.999), st.floats(0.0, 0.999))
def test_the_warp_keeps_beats_and_order_and_puts_swung_eighths_on_the_half(
    swing: float, beat: int, a: float, b: float
) -> None:
    assert unswing(beat, swing) == beat
    assert unswing(beat + swing, swing) == pytest.approx(beat + 0.5, abs=1e-6)
    low, high = sorted((a, b))
    assert unswing(beat + low, swing) <= unswing(beat + high, swing) + 1e-9
    assert beat <= unswing(beat + a, swing) < beat + 1


def test_swing_is_found_where_off_eighths_come_late() -> None:
    swung = [float(i) for i in range(16)] + [i + 0.66 for i in range(16)]
    eighths = [i / 2 for i in range(32)]
    sixteenths = [i / 4 for i in range(64)]
    assert find_swing(swung) == pytest.approx(0.66)
    assert find_swing(eighths) == 0.5
    assert find_swing(sixteenths) == 0.5
    assert find_swing(range(8)) == 0.5


def test_a_swung_bar_lands_on_eighths() -> None:
    ride = [(i + late, 0.01, 51, 80) for i in range(8) for late in (0.0, 0.65)]
    rows, swing = gridded({"drums": ride}, STRAIGHT, 4, 2)
    assert swing == pytest.approx(0.65)
    assert [r[1] for r in rows] == list(range(0, 32, 2))


def test_a_strum_is_struck_at_once_and_what_hangs_over_is_cut() -> None:
    strum = [(1.0 + i * 0.09, 9.0, 52 + 5 * i, 70) for i in range(5)]
    rows, _ = gridded({"chords": strum}, STRAIGHT, 4, 1)
    assert {(r[1], r[2]) for r in rows} == {(4, 12)}


def test_a_pad_changes_whole() -> None:
    tied = [(0.0, 8.0, 60, 70), (0.0, 4.0, 64, 70), (4.0, 4.0, 65, 70)]
    rows, _ = gridded({"pad": tied}, STRAIGHT, 4, 2)
    assert [(r[1], r[2], r[3]) for r in rows] == [
        (0, 16, 60), (0, 16, 64), (16, 16, 60), (16, 16, 65),
    ]  # fmt: skip


def test_triplets_in_four_are_two_bars_of_six_eight() -> None:
    slow_rock = Groove("rock", "12/8", "casio/slowrock", "", "")
    hats = [(i / 3, 0.01, 42, 80) for i in range(12)]
    rows, swing = gridded({"drums": hats}, slow_rock, 4, 1)
    assert swing == 0.5
    assert [r[1] for r in rows] == list(range(0, 24, 2))

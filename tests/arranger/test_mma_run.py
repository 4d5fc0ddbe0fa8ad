from __future__ import annotations

from itertools import pairwise

import pytest

from models.arranger.mma_run import (
    ChartBar,
    MmaFailed,
    MmaMissing,
    chart_text,
    installed,
    kind_of,
    render,
    spell,
    style_file,
)
from models.theory import QUALITIES, Chord

needs_mma = pytest.mark.skipif(not installed(), reason="needs the program mma (apt install mma)")
#: Tones that MMA's own voicings leave out: the third of an eleventh, the ninth of a thirteenth.
LEFT_OUT = {"11": {4}, "13": {2}, "maj13": {2}, "m13": {2}}


def bar(groove: str, symbol: str = "C") -> ChartBar:
    return ChartBar(groove, ((0.0, Chord.parse(symbol)),))


@needs_mma
def test_every_quality_is_accepted_and_sounds_as_we_mean_it() -> None:
    bars = [ChartBar("casio/rock2:Rock2", ((0.0, Chord("C", q)),)) for q in QUALITIES]
    voices = render(bars, seed=1)
    for number, (quality, tones) in enumerate(QUALITIES.items()):
        heard = {
            pitch % 12
            for voice in voices
            if voice.name.startswith("Chord")
            for onset, _, pitch, _ in voice.notes
            if 4 * number <= onset < 4 * number + 3.9
        }
        wanted = {t % 12 for t in tones}
        assert heard == wanted - LEFT_OUT.get(quality, set()), quality


@needs_mma
def test_a_slash_bass_opens_the_bars() -> None:
    voices = render([bar("casio/rock2:Rock2", "C/E")] * 2, seed=1)
    opening = {
        (n[0], n[2] % 12)
        for v in voices
        if v.name.startswith("Bass")
        for n in v.notes
        if n[0] % 4 == 0
    }
    assert opening == {(0.0, 4), (4.0, 4)}


@needs_mma
def test_chords_fall_where_the_chart_puts_them() -> None:
    chords = ((0.0, Chord.parse("C")), (2.5, Chord.parse("F#")))
    voices = render([ChartBar("casio/rock2:Rock2", chords)], seed=1)
    guitar = [n for v in voices if v.name.startswith("Chord") for n in v.notes]
    for onset, _, pitch, _ in guitar:
        assert pitch % 12 in ({0, 4, 7} if onset < 2.4 else {6, 10, 1})


@needs_mma
def test_the_same_seed_gives_the_same_notes_and_another_one_others() -> None:
    chart = [bar("stdlib/bossanova:BossaNova")] * 4
    assert render(chart, seed=5) == render(chart, seed=5)
    assert render(chart, seed=5) != render(chart, seed=6)


@needs_mma
def test_a_plucked_string_that_still_sounds_is_a_note_of_its_own() -> None:
    voices = render([bar("stdlib/folkrock:FolkRock", "D")] * 4, seed=3)
    strings = next(v for v in voices if v.name.startswith("Plectrum"))
    for pitch in {n[2] for n in strings.notes}:
        line = sorted(n for n in strings.notes if n[2] == pitch)
        assert len(line) >= 8  # at least twice in each bar
        assert all(a[0] + a[1] <= b[0] + 1e-6 for a, b in pairwise(line))


@needs_mma
def test_what_mma_refuses_is_told() -> None:
    with pytest.raises(MmaFailed, match=r"(?i)nosuchgroove"):
        render([bar("stdlib/swing:NoSuchGroove")])


def test_without_mma_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.arranger.mma_run.shutil.which", lambda name: None)
    with pytest.raises(MmaMissing, match="apt install mma"):
        render([bar("stdlib/swing:Swing")])


def test_a_chart_names_a_groove_only_where_it_changes() -> None:
    text = chart_text([bar("a/b:X"), bar("a/b:X", "Am7"), bar("a/b:Y")], bpm=90, seed=4)
    assert text.splitlines() == [
        "RndSeed 4", "Tempo 90", "Groove a/b:X", "1 C@1", "2 Am7@1", "Groove a/b:Y", "3 C@1",
    ]  # fmt: skip


def test_spelling_where_mma_has_other_names() -> None:
    assert spell(Chord.parse("Bbmaj7/D")) == "BbM7/D"
    assert spell(Chord.parse("F#dim")) == "F#mb5"
    assert spell(Chord.parse("G9sus4")) == "Gsus9"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SwingWalk", "plain"), ("Swing1WalkPlusSus", "plus"), ("SwingSus", "sus"),
        ("BossaNovaIntro8", "intro"), ("EasySwingWalkFill", "fill"), ("8beat1FA", "fill"),
        ("8beat1E", "end"), ("Salsa1EndingA", "end"), ("RockBalladEnd1", "end"),
        ("MamboBreakAA", "other"), ("Ballad68-44", "other"), ("LullabyWalk", "plain"),
    ],
)  # fmt: skip
def test_what_the_name_of_a_groove_says(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@needs_mma
def test_a_style_file_is_read_by_its_names() -> None:
    waltz = style_file("stdlib/jazzwaltz")
    assert waltz.beats == 3
    assert waltz.plain[0] == "JazzWaltz"
    assert "JazzWaltzFill" in waltz.fills
    assert waltz.sizes["JazzWaltzIntro"] == 4
    with pytest.raises(KeyError):
        style_file("stdlib/nosuchstyle")

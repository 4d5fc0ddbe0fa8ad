"""Even instruments: the table, how it is applied, and that it does what it says to the sound."""

import pytest
import symusic

from bot.render import trims
from bot.render.fluidsynth import FluidSynth
from bot.render.mastering import loudness


@pytest.fixture
def table(soundfont):
    found = trims.load_trims(soundfont)
    if not found.programs:
        pytest.skip("the soundfont of this machine has no measured table")
    return found


def test_table_covers_general_midi(table):
    assert set(table.programs) == set(range(128))
    assert set(table.kits) == {0, 8, 16, 24, 25, 32, 40, 48}
    assert table.kits[0] == 0.0
    assert all(abs(v) <= trims.LARGEST_TRIM_DB for v in table.programs.values())


def test_other_fonts_stay_as_they_are(tmp_path):
    neutral = trims.load_trims(tmp_path / "Grand.sf2")
    assert neutral.of(30, False) == 0.0
    assert neutral.of(25, True) == 0.0


def level(score, soundfont, tmp_path):
    path = tmp_path / "p.mid"
    path.write_bytes(score.dumps_midi())
    return loudness(FluidSynth(soundfont).render(path, 4.0, tail=0.5))


@pytest.mark.parametrize("program", [0, 30, 57, 73, 89])
def test_trimmed_programs_are_equally_loud(program, table, soundfont, tmp_path):
    def trimmed(which):
        score = trims._phrase(which, is_drum=False)
        # A second, silent part that takes no trim keeps the headroom rule out of the comparison.
        score.tracks[0].controls = [symusic.ControlChange(0, 7, 60)]
        trims.apply_trims(score, table)
        return level(score, soundfont, tmp_path)

    assert trimmed(program) == pytest.approx(trimmed(24), abs=0.7)


def test_without_trims_the_overdriven_guitar_buries_the_pad(table, soundfont, tmp_path):
    loud = level(trims._phrase(30, False), soundfont, tmp_path)
    soft = level(trims._phrase(89, False), soundfont, tmp_path)
    assert loud - soft > 6
    assert loud - soft == pytest.approx(table.programs[89] - table.programs[30], abs=0.5)


def test_every_volume_is_scaled_and_other_controls_stay():
    score = symusic.Score(480)
    track = symusic.Track("a", 1)
    track.controls = [symusic.ControlChange(*c) for c in ((0, 7, 80), (0, 10, 40), (480, 7, 100))]
    score.tracks.append(track)
    trims.apply_trims(score, trims.Trims({1: -4.0}))
    found = [(c.time, c.number, c.value) for c in score.tracks[0].controls]
    factor = 10 ** (-4 / 40)
    assert sorted(found) == [
        (0, 7, round(80 * factor)),
        (0, 10, 40),
        (480, 7, round(100 * factor)),
    ]


def test_no_room_above_means_all_come_down():
    score = symusic.Score(480)
    for program in (1, 2):
        track = symusic.Track("", program)
        track.controls = [symusic.ControlChange(0, 7, 120)]
        score.tracks.append(track)
    trims.apply_trims(score, trims.Trims({1: 6.0}))
    first, second = (t.controls[0].value for t in score.tracks)
    assert first == 127
    assert second / first == pytest.approx(10 ** (-6 / 40), abs=0.01)


def test_pedal_and_bends_survive_the_rewrite(tmp_path):
    score = symusic.Score(480)
    track = symusic.Track("", 1)
    track.controls = [symusic.ControlChange(0, 64, 127), symusic.ControlChange(480, 64, 0)]
    track.pitch_bends = [symusic.PitchBend(240, 2000)]
    track.notes = [symusic.Note(0, 480, 60, 80)]
    score.tracks.append(track)
    (tmp_path / "a.mid").write_bytes(score.dumps_midi())
    copy = symusic.Score(tmp_path / "a.mid")
    trims.apply_trims(copy, trims.Trims({1: -3.0}))
    (tmp_path / "b.mid").write_bytes(copy.dumps_midi())
    again = symusic.Score(tmp_path / "b.mid").tracks[0]
    pedal = [(c.time, c.value) for c in again.controls if c.number == 64]
    assert pedal == [(0, 127), (480, 0)]
    assert [(b.time, b.value) for b in again.pitch_bends] == [(240, 2000)]
    assert [c.value for c in again.controls if c.number == 7] == [round(100 * 10 ** (-3 / 40))]

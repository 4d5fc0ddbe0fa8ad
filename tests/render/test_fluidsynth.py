"""Rendering: real sound from the real program, and a clear sentence for everything missing."""

import shutil
import time

import midi2audio
import numpy as np
import pytest
import soundfile as sf
from render_pieces import write_piece

from bot.render import soundfont as fonts
from bot.render.failures import (
    DiskFull,
    EngineMissing,
    RenderError,
    RenderTimeout,
    SoundfontInvalid,
    SoundfontMissing,
)
from bot.render.fluidsynth import SAMPLE_RATE, FluidSynth
from models.errors import Refusal

REAL = shutil.which("fluidsynth")
# FluidSynth >= 2.5 stops reading options at the first file name (its commit 977026b6).
LIKE_2_5 = f"""
files=no
skip=no
for word in "$@"; do
  if [ $skip = yes ]; then skip=no; continue; fi
  case "$word" in
    -[TOEFfrgRCo]) [ $files = yes ] && {{ echo "error: '$word' is an illegal option at this place,\
 only -b option is allowed here." >&2; exit 1; }}; skip=yes ;;
    -*) [ $files = yes ] && {{ echo "error: '$word' is an illegal option" >&2; exit 1; }} ;;
    *) files=yes ;;
  esac
done
exec {REAL} "$@"
"""


def test_is_midi2audio(soundfont):
    assert isinstance(FluidSynth(soundfont), midi2audio.FluidSynth)


def test_sound_of_a_band(piece, soundfont):
    audio = FluidSynth(soundfont).render(piece, 8.0)
    assert audio.dtype == np.float32
    assert audio.shape[1] == 2
    assert 8.0 <= len(audio) / SAMPLE_RATE <= 12.0
    seconds = np.abs(audio[: 8 * SAMPLE_RATE]).reshape(8, -1).max(axis=1)
    assert (seconds > 0.02).all()  # music in every second of it
    assert np.corrcoef(audio.T)[0, 1] > 0  # mono-safe: the channels do not cancel


def test_two_renders_are_the_same_bits(piece, soundfont):
    synth = FluidSynth(soundfont)
    assert np.array_equal(synth.render(piece, 8.0), synth.render(piece, 8.0))


def test_rests_after_the_last_note_are_kept(tmp_path, soundfont):
    path = write_piece(tmp_path / "p.mid", bars=1, band=(("piano", 0, False, 90),))
    audio = FluidSynth(soundfont).render(path, 30.0, tail=0.0)
    assert len(audio) == 30 * SAMPLE_RATE


def test_midi_to_audio_writes_what_the_suffix_says(piece, soundfont, tmp_path):
    out = tmp_path / "piece.flac"
    FluidSynth(soundfont).midi_to_audio(str(piece), str(out))
    info = sf.info(out)
    assert info.format == "FLAC"
    assert info.samplerate == SAMPLE_RATE
    assert info.duration >= 7.9


def test_options_come_first_as_2_5_demands(piece, soundfont, program, tmp_path):
    program(LIKE_2_5)
    assert np.abs(FluidSynth(soundfont).render(piece, 8.0)).max() > 0.02
    # The library's own call fails there, silently: this is what the subclass is for.
    midi2audio.FluidSynth(str(soundfont)).midi_to_audio(str(piece), str(tmp_path / "x.wav"))
    assert not (tmp_path / "x.wav").exists()


def test_the_machines_own_configuration_changes_nothing(piece, soundfont, monkeypatch, tmp_path):
    plain = FluidSynth(soundfont).render(piece, 8.0)
    (tmp_path / ".fluidsynth").write_text("set synth.gain 9\nset synth.reverb.level 1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert np.array_equal(FluidSynth(soundfont).render(piece, 8.0), plain)


def test_missing_program(piece, soundfont, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissing, match="apt install fluidsynth") as caught:
        FluidSynth(soundfont).render(piece, 8.0)
    assert isinstance(caught.value, Refusal)


def test_too_slow(piece, soundfont, program):
    program("exec sleep 20")
    start = time.monotonic()
    with pytest.raises(RenderTimeout, match="longer than 1 seconds"):
        FluidSynth(soundfont, timeout=0.6).render(piece, 8.0)
    assert time.monotonic() - start < 5


def test_endless_output_is_cut_off(piece, soundfont, program):
    program("exec cat /dev/urandom | tr '\\000-\\377' '\\077'")  # never ends; 0x3f3f3f3f = 0.747
    audio = FluidSynth(soundfont, timeout=30).render(piece, 8.0, tail=1.0)
    assert len(audio) == 9 * SAMPLE_RATE


@pytest.mark.parametrize(
    "script",
    ["exit 3", "kill -SEGV $$", "exit 0", "head -c 4000000 /dev/zero", "echo broken >&2; exit 1"],
    ids=["fails", "crashes", "no-output", "silence", "complains"],
)
def test_a_broken_program_is_a_fault_not_a_file(piece, soundfont, program, script):
    program(script)
    with pytest.raises(RenderError):
        FluidSynth(soundfont).render(piece, 8.0)


def test_font_that_is_no_font(tmp_path):
    junk = tmp_path / "junk.sf2"
    junk.write_bytes(b"RIFFhello, I am not a soundfont")
    with pytest.raises(SoundfontInvalid, match=r"junk\.sf2 is not a soundfont"):
        FluidSynth(junk)


def test_damaged_font_is_refused_though_fluidsynth_would_take_another(piece, soundfont, tmp_path):
    damaged = tmp_path / "damaged.sf2"
    with soundfont.open("rb") as whole:
        damaged.write_bytes(whole.read(20_000))
    with pytest.raises(SoundfontInvalid, match=r"damaged\.sf2 is damaged"):
        FluidSynth(damaged).render(piece, 8.0)


def test_named_font_missing_is_not_replaced(tmp_path):
    with pytest.raises(SoundfontMissing, match=r"grand\.sf2 is not there"):
        fonts.find_soundfont(tmp_path / "grand.sf2")


def test_no_font_anywhere(monkeypatch, tmp_path):
    monkeypatch.setattr(fonts, "candidates", lambda: iter([tmp_path / "none.sf2"]))
    with pytest.raises(SoundfontMissing, match="apt install fluid-soundfont-gm"):
        fonts.find_soundfont()


def test_first_real_font_wins(monkeypatch, tmp_path, soundfont):
    junk = tmp_path / "a.sf2"
    junk.write_text("no")
    monkeypatch.setattr(fonts, "candidates", lambda: iter([junk, soundfont]))
    assert fonts.find_soundfont("") == soundfont


def test_own_folder_comes_before_the_system(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    fonts.own_folder().mkdir(parents=True)
    (fonts.own_folder() / "mine.sf3").touch()
    assert next(fonts.candidates()).name == "mine.sf3"


def test_full_disk(piece, soundfont, monkeypatch):
    import errno
    import tempfile

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(DiskFull, match="Free some space"):
        FluidSynth(soundfont).render(piece, 8.0)

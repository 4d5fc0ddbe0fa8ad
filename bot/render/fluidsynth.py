"""MIDI to sound: midi2audio's FluidSynth with its call corrected and its result checked.

In: a MIDI file of our own writing. Out: float32 (samples, 2) at 48 kHz, unmastered, with its tail.

The released midi2audio 0.1.1 puts options after the files, which FluidSynth >= 2.5 rejects, and it
never looks at what came out (github.com/FluidSynth/fluidsynth/issues/1614). Every effect is set by
hand because FluidSynth 2.4 changed the defaults: the same piece must sound the same everywhere.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

import midi2audio
import numpy as np
import numpy.typing as npt
import soundfile as sf

from bot.render.failures import (
    EngineMissing,
    RenderError,
    RenderTimeout,
    SoundfontInvalid,
    disk_errors,
)
from bot.render.soundfont import check_soundfont

Audio = npt.NDArray[np.float32]  # (samples, 2)

SAMPLE_RATE = 48_000
#: What rings on after the last note: reverb and releases. FluidSynth would go on for 4-8 s.
TAIL_SECONDS = 4.0
_FRAME_BYTES = 8  # two float32
_SILENCE = 10 ** (-60 / 20)

_SETTINGS = (
    "synth.dynamic-sample-loading=1",  # 57 MB instead of 174 MB with FluidR3
    "synth.polyphony=256",
    "synth.reverb.room-size=0.55",
    "synth.reverb.damp=0.3",
    "synth.reverb.width=0.8",
    "synth.reverb.level=0.65",
    "audio.period-size=1024",  # same samples as the default 64, 12 % less CPU
)


class FluidSynth(midi2audio.FluidSynth):  # type: ignore[misc]
    """A soundfont and a synthesizer program, ready to render files.

    Parameters
    ----------
    sound_font : Path
        An .sf2 or .sf3 file; checked here.
    timeout : float
        Seconds of wall clock one render may take.
    """

    def __init__(
        self, sound_font: Path, *, timeout: float = 120.0, binary: str = "fluidsynth"
    ) -> None:
        super().__init__(str(check_soundfont(sound_font.absolute())), SAMPLE_RATE)
        self.timeout = timeout
        self.binary = binary

    def command(self, midi: Path) -> list[str]:
        """The call: options first, files last, raw floats to standard output."""
        options = ["-ni", "-q", "-T", "raw", "-O", "float", "-E", "little", "-F", "-"]
        options += ["-f", os.devnull]  # not the machine's own fluidsynth.conf
        # Chorus off: it turns the channels against each other and a phone's mono sum goes hollow.
        options += ["-r", str(self.sample_rate), "-g", "0.5", "-R", "1", "-C", "0"]
        # With a broken font FluidSynth takes the system's default instead; leave it no other.
        settings = (*_SETTINGS, f"synth.default-soundfont={self.sound_font}")
        options += [word for setting in settings for word in ("-o", setting)]
        return [self.binary, *options, self.sound_font, str(midi.absolute())]

    def render(self, midi: Path, seconds: float, tail: float = TAIL_SECONDS) -> Audio:
        """Play a MIDI file whose music lasts `seconds`; give at most `tail` seconds more.

        Returns
        -------
        float32 (samples, 2) at 48 kHz, at least `seconds` long.

        Raises
        ------
        EngineMissing, SoundfontInvalid, RenderTimeout, DiskFull
            With a remedy for the owner.
        RenderError
            On a crash, on less sound than expected, on silence.
        """
        wanted = round((seconds + tail) * self.sample_rate) * _FRAME_BYTES
        with disk_errors(), tempfile.TemporaryFile() as complaints:
            raw, code = self._run(midi, wanted, complaints)
            complaints.seek(0)
            said = complaints.read(4096).decode("utf-8", "replace").strip()
        self._check(said, code)
        frames = len(raw) // _FRAME_BYTES
        audio = np.frombuffer(raw, "<f4", frames * 2).reshape(-1, 2)
        if frames < round(seconds * self.sample_rate):
            # The music ends with its last note; a score may end with rests.
            if frames == 0:
                raise RenderError(f"FluidSynth gave no sound (exit {code}): {said}")
            audio = np.pad(audio, ((0, round(seconds * self.sample_rate) - frames), (0, 0)))
        peak = max(float(audio.max()), -float(audio.min()))  # not a number, if a sample is none
        if not (np.isfinite(peak) and peak >= _SILENCE):
            raise RenderError(f"FluidSynth gave silence or noise (exit {code}): {said}")
        return audio.astype(np.float32, copy=False)

    def midi_to_audio(self, midi_file: str | Path, audio_file: str | Path) -> None:
        """midi2audio's own entry: render to a file, format by suffix, unmastered."""
        import symusic

        seconds = float(symusic.Score(Path(midi_file), ttype="second").end())
        audio = self.render(Path(midi_file), seconds)
        with disk_errors():
            sf.write(str(audio_file), audio, self.sample_rate)

    def _run(self, midi: Path, wanted: int, complaints: IO[bytes]) -> tuple[bytes, int]:
        """At most `wanted` bytes of sound and the exit code (0 when we had enough and stopped)."""
        try:
            process = subprocess.Popen(
                self.command(midi),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        except (FileNotFoundError, PermissionError) as error:
            raise EngineMissing(
                "FluidSynth is not installed, so nothing can be played. Install it (Debian: apt "
                "install fluidsynth; macOS: brew install fluid-synth; Windows: choco install "
                "fluidsynth) and start Segno again."
            ) from error
        watch = _Watch(process, self.timeout)
        try:
            assert process.stdout is not None  # noqa: S101 - PIPE above
            raw = process.stdout.read(wanted)
            enough = len(raw) == wanted
            if enough:
                process.kill()  # the rest is a fading tail: not worth its CPU
            process.stdout.close()
            code = process.wait()
        finally:
            watch.stop()
        if watch.fired:
            raise RenderTimeout(
                "The piece took longer than {seconds} seconds to play back and was stopped. "
                "Ask for a shorter piece, or try again when the machine is less busy.",
                seconds=round(self.timeout),
            )
        return raw, 0 if enough else code

    def _check(self, said: str, code: int) -> None:
        lowered = said.lower()
        if "not a soundfont" in lowered or ("error" in lowered and "soundfont" in lowered):
            raise SoundfontInvalid(
                "{name} is damaged: FluidSynth cannot read it. Install the soundfont again or set "
                "SOUNDFONT in .env to another .sf2 file.",
                name=Path(self.sound_font).name,
            )
        if code != 0:
            raise RenderError(f"FluidSynth ended with {code}: {said}")


class _Watch:
    """Kills a process when its time is over; knows whether it had to."""

    def __init__(self, process: subprocess.Popen[Any], seconds: float) -> None:
        self.fired = False
        self._process = process
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        self.fired = True
        self._process.kill()

    def stop(self) -> None:
        """Call off the watch; end the process too if an exception left it running."""
        self._timer.cancel()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

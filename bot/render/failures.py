"""What can go wrong between a score and a file, as sentences with a remedy.

In: operating-system errors and FluidSynth's complaints. Out: `Refusal`s for what the owner can put
right (missing program, missing font, full disk, too slow), `RenderError` for a fault of our own.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import Refusal

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class EngineMissing(Refusal):
    """The `fluidsynth` program is not on this machine."""


class SoundfontMissing(Refusal):
    """No General MIDI soundfont was found, or the one named in the settings is not there."""


class SoundfontInvalid(Refusal):
    """A file that should be a soundfont is none, or is damaged."""


class DiskFull(Refusal):
    """There is no room left for the finished file."""


class RenderTimeout(Refusal):
    """The synthesizer did not finish in its time."""


class TooLarge(Refusal):
    """A file cannot be made small enough for the place it must go to."""


class RenderError(RuntimeError):
    """FluidSynth crashed, stopped early or gave silence: a fault worth a retry and a log line."""


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn "no space left" into `DiskFull`; every other error passes unchanged."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFull(
            "The disk is full, so the piece could not be saved. Free some space on the machine "
            "that runs Segno and ask again."
        ) from error

"""A stranger's file to a score, through a process that may fail without harm.

In: the path of a file. Out: a `Score`, read from a MIDI file that we wrote of what the file says
(`child`). For an upload that file is kept beside it, so that it is read once; it goes when the
upload goes (`bot.intake`). Whatever the process dies of becomes a sentence.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal, Self, cast

from bot.reading.child import HEARD
from bot.reading.kinds import AUDIO
from models import midi
from models.errors import Refusal
from models.lyrics import Lyrics
from models.score import Score

if TYPE_CHECKING:
    from models.transcriber.hear import Heard

log = logging.getLogger(__name__)

#: Seconds by the clock for one file, the start of the process included.
SECONDS = 20.0
#: The same for a recording: a minute of it takes some 3 seconds of a processor that is free.
SOUND_SECONDS = 60.0
#: What our own copy of an upload is called, after the name of the upload.
OWN = ".own.mid"
BROKEN = "This file is damaged and cannot be read; export it again and resend it."
TOO_SLOW = "This file took too long to read; export it again, or send a part of it."
TOO_MUCH = "This file takes more memory to read than I allow; send a part of it."
_FAREWELL = 1.0  # seconds
# The process learns of the environment what Python needs, and nothing of the bot's secrets.
_KNOWN = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "SYSTEMROOT", "LD_LIBRARY_PATH",
          "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")  # fmt: skip
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Answer:
    """How one file went; "died" and "slow" mean that the process is gone.

    `peak` is the most memory that the process has had so far, in bytes (0 where unknown).
    """

    kind: Literal["ok", "refused", "memory", "error", "died", "slow"]
    text: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    peak: int = 0

    def check(self) -> None:
        """Raise what a person may be told, unless all went well.

        Raises
        ------
        Refusal
            When the file was not read.
        """
        if self.kind == "refused":
            raise Refusal(self.text, **self.values)
        if self.kind in ("error", "died"):  # our mistake or an attack: whoever runs the bot looks
            log.error("a file could not be read (%s): %s", self.kind, self.text)
        if self.kind != "ok":
            raise Refusal({"slow": TOO_SLOW, "memory": TOO_MUCH}.get(self.kind, BROKEN))


class Reader:
    """A process that reads files one after another, started when it is first needed.

    A context manager; use one for several files of one person, never for those of two.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, path: Path, *, keep: bool = False) -> Score:
        """The music of a file.

        Parameters
        ----------
        path : Path
            MIDI, MusicXML, .mxl, ABC or audio, told by its content.
        keep : bool
            Whether it is an upload, beside which our own copy may stay.

        Raises
        ------
        Refusal
            When it cannot be read, or is more than we take.
        """
        own = path.with_name(path.stem + OWN)
        if keep and own.is_file():
            return midi.read(own)
        with tempfile.TemporaryDirectory(prefix="segno-reading-") as folder:
            return midi.read(self._read(path, Path(folder), keep))

    def words(self, path: Path, *, keep: bool = False) -> Lyrics | None:
        """The words under the notes of a file, at the onsets of `read`; None where it has none.

        Raises
        ------
        Refusal
            As `read`.
        """
        own = path.with_name(path.stem + OWN)
        if keep and own.is_file():
            return midi.read_words(own)
        with tempfile.TemporaryDirectory(prefix="segno-reading-") as folder:
            return midi.read_words(self._read(path, Path(folder), keep))

    def hear(self, path: Path, *, keep: bool = False) -> Heard:
        """What is heard in a recording, to be shown, corrected and made a score of (`hearing`).

        Raises
        ------
        Refusal
            As `read`, or when it is no recording.
        """
        from bot.reading import hearing  # scipy: only where there is sound

        own = path.with_name(path.stem + OWN).with_suffix(HEARD)
        if keep and own.is_file():
            return hearing.from_json(own.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory(prefix="segno-reading-") as folder:
            found = self._read(path, Path(folder), keep).with_suffix(HEARD)
            if not found.is_file():
                raise Refusal("That is no recording; send sound (.wav, .mp3, .ogg, .flac).")
            return hearing.from_json(found.read_text(encoding="utf-8"))

    def _read(self, path: Path, folder: Path, keep: bool) -> Path:
        """Our copy in `folder`, and beside the file if it may stay there."""
        out = folder / "own.mid"
        self.rewrite(path, out).check()
        for suffix in (".mid", HEARD):
            if keep and out.with_suffix(suffix).is_file():
                _put(out.with_suffix(suffix), path.with_name(path.stem + OWN).with_suffix(suffix))
        return out

    def rewrite(self, path: Path, out: Path) -> Answer:
        """Have the process write what it reads to `out`; nothing is raised for a bad file."""
        process = self._started()
        slow = threading.Event()

        def stop() -> None:
            slow.set()
            process.kill()

        sounds = path.suffix.lower() in AUDIO
        clock = threading.Timer(max(self._seconds, SOUND_SECONDS * sounds), stop)
        clock.daemon = True
        clock.start()
        try:
            ask = {"path": str(path.resolve()), "out": str(out.resolve())}
            line = _asked(process, json.dumps(ask))
        finally:
            clock.cancel()
        if line.endswith("\n"):
            found = Answer(**json.loads(line))
            if found.kind == "memory":  # what is left of it is no place for the next file
                self.close()
            return found
        status = self.close()
        cpu = status == -24  # SIGXCPU, which Windows has not
        return Answer("slow" if slow.is_set() or cpu else "died", f"exit status {status}")

    def close(self) -> int:
        """End the process; returns its exit status (0 when there was none)."""
        process, self._process = self._process, None
        if process is None:
            return 0
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                cast(IO[str], pipe).close()  # without lines to answer it ends
        try:
            return process.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.reading.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={n: v for n, v in os.environ.items() if n in _KNOWN}
                | dict.fromkeys(_THREADS, "1"),
                encoding="utf-8",
            )
        return self._process


def read(path: Path, *, keep: bool = False) -> Score:
    """The music of one file, read in a process of its own; see `Reader.read`.

    Raises
    ------
    Refusal
        When it cannot be read, or is more than we take.
    """
    with Reader() as reader:
        return reader.read(path, keep=keep)


def words(path: Path, *, keep: bool = False) -> Lyrics | None:
    """The words of one file, read in a process of its own; see `Reader.words`.

    Raises
    ------
    Refusal
        When it cannot be read, or is more than we take.
    """
    with Reader() as reader:
        return reader.words(path, keep=keep)


def _asked(process: subprocess.Popen[str], line: str) -> str:
    """The line that answers a line; not a whole one when the process ended."""
    question, answer = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
    try:
        question.write(line + "\n")
        question.flush()
        return answer.readline()
    except OSError:
        return ""


def _put(out: Path, own: Path) -> None:
    """Keep our copy beside its upload; a reader never sees half of it."""
    part = own.with_name(own.name + ".part")
    part.write_bytes(out.read_bytes())
    part.replace(own)


def hear(path: Path, *, keep: bool = False) -> Heard:
    """What is heard in one recording; see `Reader.hear`.

    Raises
    ------
    Refusal
        When it cannot be read, or holds no tune.
    """
    with Reader() as reader:
        return reader.hear(path, keep=keep)

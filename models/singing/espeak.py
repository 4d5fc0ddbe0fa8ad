"""espeak-ng as a library: text or phonemes in, speech on one pitch with the place of every phoneme.

In: words, as espeak's own phoneme mnemonics (docs/phonemes.md of espeak-ng) or as plain text. Out:
`Speech`: mono sound at 22,050 Hz and its phones. The library keeps its state in C globals, so one
object owns it and one thread speaks at a time. What is left there by the last word (flutter, phase)
colours the next, so a song is spoken by a fresh process: the same words, the same sound. It is
GPL-3 and comes with the optional package espeakng-loader; it is loaded only when somebody sings.
"""

from __future__ import annotations

import ctypes
import importlib
import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import Refusal

_SYNCHRONOUS = 2  # the sound comes through the callback, in the caller's thread
_PHONEME_EVENTS, _DO_NOT_EXIT = 0x0001, 0x8000
_UTF8, _PHONEMES = 0x001, 0x100
_RATE, _PITCH, _RANGE = 1, 3, 4  # of espeak_SetParameter
_END_OF_LIST, _WORD, _PHONEME = 0, 1, 7  # types of events
_STRESSES = "',"
_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Phone:
    """One phoneme by espeak's mnemonic, without stress, from `start` to `end` in seconds."""

    name: str
    start: float
    end: float
    starts_word: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """Mono sound (samples,) at `rate`, in -1..1, and what was said; pauses are left out."""

    sound: NDArray[np.float64]
    rate: int
    phones: tuple[Phone, ...]


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


def available() -> bool:
    """Whether the extra is installed: the voice, and WORLD that puts it on notes."""
    return find_spec("espeakng_loader") is not None and find_spec("pyworld") is not None


def require() -> None:
    """Refuse where the extra is missing.

    Raises
    ------
    Refusal
        Says how to install it.
    """
    if not available():
        raise Refusal(
            "The singing voice is not installed here; the owner gets it with "
            "“pip install 'segno[sing]'”."
        )


class Espeak:
    """The library, set up once; see `engine`."""

    def __init__(self, library: str, data: str) -> None:
        self._library = ctypes.CDLL(library)
        self._sound: list[NDArray[np.int16]] = []
        self._events: list[tuple[int, str]] = []  # sample, mnemonic; "" where a word begins
        self._lock = threading.Lock()
        # The C side keeps the pointer: it must live as long as the library.
        self._callback: Callable[..., int] = _CALLBACK(self._receive)
        options = _PHONEME_EVENTS | _DO_NOT_EXIT
        self.rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), options)
        if self.rate <= 0:
            raise RuntimeError("espeak-ng did not start: its data folder is damaged")
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # else the clock's

    def speak(self, text: str, voice: str, *, words_per_minute: int, pitch: int) -> Speech:
        """Say a text on one pitch; inside `[[ ]]` it is read as phoneme mnemonics.

        `pitch` is espeak's 0..99, of which 50 is what the voice was made for.
        """
        with self._lock:
            self._sound.clear()
            self._events.clear()
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise RuntimeError(f"espeak-ng has no voice {voice}")
            for number, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, 0)):
                self._library.espeak_SetParameter(number, value, 0)
            said = text.encode() + b"\0"
            flags = _UTF8 | _PHONEMES
            self._library.espeak_Synth(said, len(said), 0, 1, 0, flags, None, None)
            sound = np.concatenate([*self._sound, np.zeros(0, np.int16)])
            return Speech(sound / 32768.0, self.rate, _phones(self._events, self.rate))

    def mnemonics(self, text: str, voice: str) -> list[list[str]]:
        """The phonemes of each spoken word of a text, silently; a stress mark begins a vowel."""
        with self._lock:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise RuntimeError(f"espeak-ng has no voice {voice}")
            translate = self._library.espeak_TextToPhonemes
            translate.restype = ctypes.c_char_p
            place = ctypes.c_char_p(text.encode())
            said: list[str] = []
            while place.value is not None:
                part = translate(ctypes.byref(place), _UTF8, ord(_SEPARATOR) << 8)
                if part is None:
                    break
                said += part.decode("utf-8", "replace").split()
            return [word.split(_SEPARATOR) for word in said]

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._sound.append(np.ctypeslib.as_array(samples, (count,)).copy())
        place = 0
        while events[place].type != _END_OF_LIST:
            event = events[place]
            if event.type == _WORD:
                self._events.append((event.sample, ""))
            elif event.type == _PHONEME:
                self._events.append((event.sample, event.name.decode("utf-8", "replace")))
            place += 1
        return 0


@lru_cache(maxsize=1)
def engine() -> Espeak:
    """The voice, loaded on the first call and kept: the library cannot be loaded twice.

    Raises
    ------
    Refusal
        When the extra is not installed.
    """
    require()
    loader = importlib.import_module("espeakng_loader")
    return Espeak(loader.get_library_path(), loader.get_data_path())


def speak_all(
    texts: Sequence[str], voice: str, *, words_per_minute: int, pitch: int
) -> list[Speech]:
    """Say texts one after the other in a process of their own; see `Espeak.speak`.

    Raises
    ------
    Refusal
        When the extra is not installed.
    RuntimeError
        When espeak-ng fails there.
    """
    require()
    asked = json.dumps([list(texts), voice, words_per_minute, pitch]).encode()
    done = subprocess.run(
        [sys.executable, "-m", "models.singing.espeak"],
        input=asked,
        capture_output=True,
        cwd=Path(__file__).parents[2],
        timeout=120,
    )
    if done.returncode != 0:
        raise RuntimeError(f"espeak-ng failed: {done.stderr.decode(errors='replace')[-300:]}")
    with np.load(io.BytesIO(done.stdout)) as answer:
        rows = json.loads(str(answer["phones"]))
        return [
            Speech(answer[str(i)], int(answer["rate"]), tuple(Phone(*row) for row in phones))
            for i, phones in enumerate(rows)
        ]


def _serve() -> None:
    """The other side of `speak_all`: texts from standard input, sound to standard output."""
    texts, voice, words_per_minute, pitch = json.loads(sys.stdin.buffer.read())
    said = [
        engine().speak(text, voice, words_per_minute=words_per_minute, pitch=pitch)
        for text in texts
    ]
    out = io.BytesIO()
    phones = json.dumps([[astuple(phone) for phone in speech.phones] for speech in said])
    sounds = {str(i): speech.sound for i, speech in enumerate(said)}
    np.savez(out, phones=np.array(phones), rate=np.array(engine().rate), **sounds)  # type: ignore[arg-type]
    sys.stdout.buffer.write(out.getvalue())


def _phones(events: list[tuple[int, str]], rate: int) -> tuple[Phone, ...]:
    """Events say where a phone begins; it ends where the next begins. "_" and so on are rests."""
    found = []
    new_word = False
    for i, (sample, name) in enumerate(events[:-1]):
        bare = name.lstrip(_STRESSES)
        if bare and not bare.startswith("_"):
            found.append(Phone(bare, sample / rate, events[i + 1][0] / rate, new_word))
            new_word = False
        new_word = new_word or not name
    return tuple(found)


if __name__ == "__main__":
    _serve()

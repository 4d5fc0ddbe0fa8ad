"""Intake: files damaged in every way we could think of, through the entrance that people use.

In: how many files of each kind. Seeds are made here from music of our own, so that it runs
anywhere. Out: for each kind how many were read, refused at the door or by the reader, how many
took the process down (by a signal or an error of ours), took over five seconds, and the largest
memory and longest time. Every damaged file goes through `bot.intake.store` and the limited process
of `bot.reading`, one process for many files, a new one when one dies.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot import intake
from bot.bench import Row, Table
from bot.bench.intake_seeds import KINDS, seeds
from bot.reading.reader import Reader
from models.errors import Refusal

HANG = 5.0  # seconds
_MOST = 4 << 20  # bytes: the default of the bot's owner
_WORDS: Mapping[str, Sequence[bytes]] = {
    ".mid": (b"MTrk", b"\xff\x2f\x00", b"\xff\x51\x03\x00\x00\x01", b"\xff\x58\x04\xff\x07\x18\x08",
             b"\xff\xff\xff\x7f", b"\x90\x3c\x40", b"\xff\x59\x02\x7f\x01", b"MThd"),
    ".musicxml": (b"<note>", b"</note>", b"<measure>", b"<!ENTITY a 'b'>", b"&a;", b"<![CDATA[",
                  b"\xff\xfe", b"-1", b"1e999", b"NaN", b"9" * 400, b"<chord/>", b"<a>" * 200),
    ".abc": (b"|:", b":|", b"[1-9 ", b"(9:9:9", b"\nK:none\n", b"\nM:99/1\n", b"{" * 50, b"9" * 30,
             b"\nV:2\n", b'"Am"', b"&", b"/" * 30, b"[V:3]", b"\nL:1/0\n", b"Z9999"),
}  # fmt: skip


@dataclass
class Tally:
    """What became of the files of one kind; `peak` in bytes, `slowest` in seconds."""

    ends: Counter[str] = field(default_factory=Counter)
    hangs: int = 0
    peak: int = 0
    slowest: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)


def run(files: int = 1000, seed: int = 4) -> Table:
    """The table of `python -m bot bench intake`."""
    rows: dict[str, Row] = {}
    errors: dict[str, dict[str, int]] = {}
    made = seeds()
    started = time.monotonic()
    for kind in KINDS:
        found = attack(kind, made[kind], files, seed)
        name = kind.removeprefix(".")
        ends = found.ends
        told = f"{ends['door']} at the door, {ends['refused']} by the reader"
        crashed = ends["died"] + ends["error"]
        rows[f"{name}: read"] = Row(ends["ok"], reference=told)
        rows[f"{name}: crashes"] = Row(crashed, target="0")
        rows[f"{name}: over {HANG:g} s"] = Row(found.hangs + ends["slow"], target="0")
        rows[f"{name}: memory"] = Row(found.peak >> 20, "MiB", "< 1536")
        rows[f"{name}: slowest"] = Row(round(found.slowest, 2), "s", "< 5")
        errors[name] = dict(found.errors.most_common(5))
    notes = (
        "crashes: the process died by a signal, or met an error that we had not foreseen",
        f"took {time.monotonic() - started:.0f} s in all; times are those of a busy or a free "
        "machine as it was, by the clock",
    )
    details = {name: found for name, found in errors.items() if found}
    return Table("intake", files * len(KINDS), seed, rows, notes, details)


def attack(kind: str, good: Sequence[bytes], files: int, seed: int) -> Tally:
    """Damage `good` files in `files` ways and send each through the entrance."""
    rng = random.Random(f"{seed}{kind}")
    found = Tally()
    with tempfile.TemporaryDirectory(prefix="segno-bench-") as folder, Reader() as reader:
        home = Path(folder)
        _send(good[0], kind, home, reader, Tally())  # the start of the process is not the file's
        for _ in range(files):
            data = damaged(rng.choice(good), kind, good, rng)
            start = time.monotonic()
            _send(data, kind, home, reader, found)
            spent = time.monotonic() - start
            found.slowest = max(found.slowest, spent)
            found.hangs += spent > HANG
    return found


def _send(data: bytes, kind: str, home: Path, reader: Reader, found: Tally) -> None:
    both = (*intake.SCORES, *intake.AUDIO)
    try:
        path = home / intake.store(data, f"file{kind}", 1, home, _MOST, both)
    except Refusal:
        found.ends["door"] += 1
        return
    answer = reader.rewrite(path, home / "own.mid")
    found.ends[answer.kind] += 1
    if answer.kind in ("error", "died"):
        found.errors[answer.text.strip().splitlines()[-1][:120]] += 1
    found.peak = max(found.peak, answer.peak)
    path.unlink(missing_ok=True)


def damaged(data: bytes, kind: str, others: Sequence[bytes], rng: random.Random) -> bytes:
    """A file with one to four kinds of damage; of a compressed score mostly what is inside."""
    if kind == ".mxl" and rng.random() < 0.7:
        from bot.bench.intake_seeds import packed, unpacked

        inner = damaged(unpacked(data), ".musicxml", [unpacked(o) for o in others], rng)
        return packed(inner)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if data:
            ways = _DAMAGES if kind not in _TEXTS else (*_DAMAGES[1:], *_TEXT_DAMAGES)
            data = rng.choice(ways)(data, kind, others, rng)
    return data


Damage = Callable[[bytes, str, Sequence[bytes], random.Random], bytes]


def _flip(data: bytes, _: str, __: Sequence[bytes], rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _n in range(rng.choice((1, 2, 8, 64))):
        changed[rng.randrange(len(data))] = rng.choice((0, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return bytes(changed)


def _cut(data: bytes, _: str, __: Sequence[bytes], rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _splice(data: bytes, _: str, others: Sequence[bytes], rng: random.Random) -> bytes:
    other = rng.choice(others)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)) :]


def _repeat(data: bytes, _: str, __: Sequence[bytes], rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 400)]
    return data[:start] + piece * rng.choice((2, 10, 200)) + data[start:]


def _insert(data: bytes, kind: str, _: Sequence[bytes], rng: random.Random) -> bytes:
    known = _WORDS.get(kind) or (b"\xff" * 8, b"\0" * 8, b"data", b"OggS", b"\xff\xfb\x90\x64")
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(known) * rng.choice((1, 1, 5, 100)) + data[at:]


def _lie(data: bytes, _: str, __: Sequence[bytes], rng: random.Random) -> bytes:
    """Another number where a length may stand: mostly in the header, in either byte order."""
    if len(data) < 8:
        return data
    at = rng.randrange(min(len(data), rng.choice((64, 64, len(data)))) - 3)
    number = rng.choice(
        (0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, len(data) * 2, rng.getrandbits(32))
    )
    return data[:at] + number.to_bytes(4, rng.choice(("big", "little"))) + data[at + 4 :]


def _drop(data: bytes, _: str, __: Sequence[bytes], rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randrange(1, 60) :]


def _number(data: bytes, _: str, __: Sequence[bytes], rng: random.Random) -> bytes:
    """Another number in the place of one."""
    places = list(re.finditer(rb"\d+", data))
    if not places:
        return data
    place = rng.choice(places)
    number = rng.choice((b"0", b"-3", b"99999999999", b"0.001", b"1e30", b"", b"7"))
    return data[: place.start()] + number + data[place.end() :]


def _element(data: bytes, _: str, __: Sequence[bytes], rng: random.Random) -> bytes:
    """A whole element or line less, or many times more."""
    places = list(re.finditer(rb"<(\w[\w-]*)[^<>/]*>.{0,2000}?</\1>|^.*\n", data, re.M | re.S))
    if not places:
        return data
    place = rng.choice(places)
    times = rng.choice((0, 0, 2, 50))
    return data[: place.start()] + place[0] * times + data[place.end() :]


_TEXTS = (".musicxml", ".abc")
_TEXT_DAMAGES: tuple[Damage, ...] = (_number, _number, _number, _element, _element, _element)
_DAMAGES: tuple[Damage, ...] = (_flip, _flip, _cut, _splice, _repeat, _insert, _lie, _drop)

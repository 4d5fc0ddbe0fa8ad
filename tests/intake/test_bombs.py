"""Files made to harm (notes/rendering.md, section 7): each is refused in a sentence, soon, and
what reads it is a process that has given up memory, network and the right to write."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import textwrap
import time
import zipfile

import pytest

from bot import intake
from bot.reading.reader import Answer, Reader
from models.errors import Refusal

MOST = 4 << 20
BOTH = (*intake.SCORES, *intake.AUDIO)
OPEN = "<score-partwise version='4.0'>"
SCORE = (
    f"{OPEN}<part-list><score-part id='P1'><part-name>A</part-name></score-part></part-list>"
    "<part id='P1'><measure><attributes><divisions>1</divisions></attributes>{notes}</measure>"
    "</part></score-partwise>"
)
NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>{duration}</duration></note>"


def varlen(number):
    out = [number & 127]
    while number := number >> 7:
        out.append(128 | number & 127)
    return bytes(reversed(out))


def midi_file(*tracks, division=480):
    head = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), division)
    return head + b"".join(b"MTrk" + struct.pack(">I", len(t)) + t for t in tracks)


def held(tempo, ticks, division=480):
    """One note of so many ticks; `tempo` in microseconds for a quarter."""
    slow, end = b"\0\xff\x51\3" + tempo.to_bytes(3, "big"), b"\x80\x3c\0\0\xff\x2f\0"
    return midi_file(slow + b"\0\x90\x3c\x40" + varlen(ticks) + end, division=division)


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return data.getvalue()


def with_flag(archive):
    """The archive, said to be encrypted."""
    data = bytearray(archive)
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


def lying(archive, size):
    """The archive, with a false size of what is in it."""
    at = archive.index(b"PK\1\2") + 24
    return archive[:at] + struct.pack("<I", size) + archive[at + 4 :]


def laughs(encoding="utf-8"):
    levels = "".join(f"<!ENTITY l{n + 1} '{f'&l{n};' * 10}'>" for n in range(9))
    text = f"<?xml version='1.0'?><!DOCTYPE score-partwise [<!ENTITY l0 'ha'>{levels}]>"
    return (text + SCORE.format(notes="<words>&l9;</words>")).encode(encoding)


def outside(declared):
    text = f"<?xml version='1.0'?><!DOCTYPE score-partwise [{declared}]>"
    return (text + SCORE.format(notes="<words>&x;</words>")).encode()


def chord(count):
    on = b"".join(b"\0" + bytes((0x90 | n % 16, n // 16 % 128, 64)) for n in range(count))
    return on + b"\x83\x60\xff\x2f\0"


END = b"\1\x80\0\0\0\xff\x2f\0"
TEMPO = b"\0\xff\x51\3\7\xa1\x20"
BOMBS = {
    # The longest that four bytes can say, as slow as three can.
    "142 years in 43 bytes": (held(0xFFFFFF, 0xFFFFFFF, 1), "beats I take"),
    "hours at the slowest": (held(0xFFFFFF, 480 * 5000), "plays at 3.58 beats a minute"),
    "an hour": (held(3_000_000, 480 * 1200), "lasts 60 minutes"),
    "9 MB of notes": (b"MThd" + bytes(9 << 20), "larger than the 1024 kB"),
    "250 000 notes": (midi_file(b"\0\x90\x3c\x40" + b"\1\x3c\0\1\x3c\x40" * 160_000),
                      "50000 notes"),
    "300 tracks": (midi_file(*[b"\0\x90\x3c\x40\x60\x80\x3c\0\0\xff\x2f\0"] * 300), "300 tracks"),
    "notes without end": (midi_file(chord(250_000)), "notes"),
    "2000 notes at once": (midi_file(*[chord(2000)] * 4), "256 notes sound at once"),
    "tempo changes": (
        midi_file(TEMPO + (b"\1" + TEMPO[1:-1] + b"\x21") * 60_000 + chord(9)[:-5] + END),
        "tempo changes",
    ),
    "a length that lies": (midi_file(b"\0\xff\1\xff\xff\xff\x7f"), "damaged"),
    "RIFF without MIDI": (b"RIFF\xff\xff\xff\xffRMIDdata\xff\xff\xff\x7fMTrk", "no MIDI inside"),
    "1 GiB in a .mxl": (zipped(("a.xml", bytes(1 << 28))), "unpacks to more than the 8 MiB"),
    "a .mxl that lies": (lying(zipped(("a.xml", bytes(1 << 24))), 900), "damaged|unpacks to more"),
    "a thousand scores": (zipped(*[(f"{n}.xml", "") for n in range(1000)]), "holds 1000 files"),
    "a password": (with_flag(zipped(("a.xml", SCORE))), "wants a password"),
    "a zip in a zip": (zipped(("a.xml", zipped(("a.xml", bytes(9999))))), "damaged"),
    "a way out": (zipped(("../../../etc/a.xml", "x"), ("/etc/passwd.xml", "x")), "damaged"),
    "broken XML": (SCORE.encode()[:-30], "damaged"),
    "billion laughs": (laughs(), "defines entities"),
    "the same in UTF-16": (laughs("utf-16"), "defines entities"),
    "a file from outside": (outside("<!ENTITY x SYSTEM 'file:///etc/passwd'>"), "defines entities"),
    "a parameter from outside": (
        outside("<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x.dtd'> %x;"), "defines entities",
    ),
    "UTF-7": (b"<?xml version='1.0' encoding='UTF-7'?>" + SCORE.encode(), "damaged"),
    "deep nesting": ((OPEN + "<a>" * 200_000).encode(), "damaged"),
    "deep and closed": ((OPEN + "<a>" * 200_000 + "</a>" * 200_000 + "</score-partwise>").encode(),
                        "damaged"),
    "parts": ((OPEN + "<part id='P1'/>" * 9000 + "</score-partwise>").encode(), "9000 tracks"),
    "measures": ((OPEN + "<part><measure/>" + "<measure/>" * 90_000 + "</part></score-partwise>")
                 .encode(), "6000 beats"),
    "a long note": (SCORE.format(notes=NOTE.format(duration="1e300")).encode(), "damaged|beats"),
    "two bytes a letter": (
        b"<?xml version='1.0' encoding='gb2312'?>" + SCORE.encode(), "damaged",
    ),
    "no number": (SCORE.format(notes=NOTE.format(duration="nan")).encode(), "damaged|no music"),
    "a sharp that fills memory": (
        SCORE.format(notes="<harmony><root><root-step>C</root-step><root-alter>9e9</root-alter>"
                     "</root><kind>major</kind></harmony>" + NOTE.format(duration=4)).encode(),
        "damaged",
    ),
    "repeats": (b"X:1\nK:C\n" + b"|:c8:|" * 40_000, "beats I take"),
    "brackets": (b"X:1\nK:C\n" + b"[" * 250_000, "no notes"),
    "an empty WAV that says 4 GB": (
        b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
        + b"data\xff\xff\xff\xff" + bytes(200), "too short",
    ),
    "65535 channels": (
        b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 65535, 8000, 16000, 2, 16)
        + b"data\xff\xff\xff\x7f" + bytes(9000), "cannot read|too short",
    ),
    "one byte": (b"M", "not music"),
    "nothing": (b"", "is empty"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "not music"),
}  # fmt: skip


@pytest.fixture(scope="module")
def reader():
    with Reader() as found:
        yield found


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_a_sentence(name, reader, tmp_path):
    data, words = BOMBS[name]
    start = time.monotonic()
    with pytest.raises(Refusal, match=words) as refused:
        path = intake.store(data, "file", 1, tmp_path, MOST, BOTH)
        reader.read(tmp_path / path)
    assert time.monotonic() - start < 15  # a busy machine; the bench has the figure
    assert len(str(refused.value)) < 200
    assert "Traceback" not in str(refused.value)


def test_a_day_of_silence_is_read_no_further_than_a_minute(reader, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    import numpy as np

    with soundfile.SoundFile(tmp_path / "a.flac", "w", 8000, 1) as file:
        for _ in range(60):
            file.write(np.zeros(8000 * 60, np.int16))
    path = tmp_path / intake.store((tmp_path / "a.flac").read_bytes(), "a", 1, tmp_path, MOST, BOTH)
    with pytest.raises(Refusal, match="silent"):
        reader.read(path)


def run_inside(code):
    """Code in a process limited as the reading one is; its last line of output, as JSON."""
    script = "import json, sys\nfrom bot.reading import child\ndoor = child._Door()\n"
    script += "child._no_network(); sys.addaudithook(door.check); child.limit()\n"
    done = subprocess.run(
        [sys.executable, "-c", script + textwrap.dedent(code)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_reading_process_has_no_network_no_programs_and_nowhere_to_write(tmp_path):
    found = run_inside(
        f"""
        import os, socket, subprocess
        from pathlib import Path
        tried = {{
            "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
            "program": lambda: subprocess.run(["true"]),
            "shell": lambda: os.system("true"),
            "write": lambda: Path({str(tmp_path / "a")!r}).write_text("x"),
            "remove": lambda: os.remove({str(tmp_path)!r}),
        }}
        said = {{}}
        for name, function in tried.items():
            try:
                function()
                said[name] = "done"
            except BaseException as error:
                said[name] = type(error).__name__
        print(json.dumps(said))
        """
    )
    assert set(found.values()) == {"PermissionError"}
    assert not (tmp_path / "a").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_the_reading_process_gets_no_more_memory():
    found = run_inside(
        """
        try:
            bytearray(2 << 30)
            print(json.dumps("got it"))
        except MemoryError:
            print(json.dumps("refused"))
        """
    )
    assert found == "refused"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer("slow"), "took too long"),
        (Answer("memory"), "takes more memory"),
        (Answer("died", "exit status -11"), "damaged"),
        (Answer("error", "Traceback"), "damaged"),
        (Answer("refused", "Too {what}.", {"what": "loud"}), "Too loud."),
    ],
)
def test_however_reading_fails_a_person_gets_a_sentence(answer, words):
    with pytest.raises(Refusal, match=words):
        answer.check()


def test_a_process_that_hangs_or_dies_is_replaced(tmp_path, monkeypatch):
    from bot.reading import reader as module

    good = intake.store(midi_file(TEMPO + b"\0\x90\x3c\x40\x60\x80\x3c\0\0\xff\x2f\0"), "a", 1,
                        tmp_path, MOST)  # fmt: skip
    out = tmp_path / "own.mid"
    real = subprocess.Popen
    code = "import time; time.sleep(60)"
    monkeypatch.setattr(
        module.subprocess, "Popen", lambda _, **more: real([sys.executable, "-c", code], **more)
    )
    with Reader(seconds=0.5) as found:
        assert found.rewrite(tmp_path / good, out).kind == "slow"
        code = "import os; input(); os.kill(os.getpid(), 11)"
        assert found.rewrite(tmp_path / good, out).kind == "died"
        monkeypatch.undo()
        found._seconds = 30.0
        assert found.rewrite(tmp_path / good, out).kind == "ok"


def test_checksums_of_an_archive_are_held(reader, tmp_path):
    archive = bytearray(zipped(("a.xml", SCORE), method=zipfile.ZIP_STORED))
    archive[60] ^= 1
    path = intake.store(bytes(archive), "a", 1, tmp_path, MOST)
    with pytest.raises(Refusal, match="cannot be unpacked"):
        reader.read(tmp_path / path)

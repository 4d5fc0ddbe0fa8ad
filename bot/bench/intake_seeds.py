"""Sound files of every kind to be damaged: music of our own, written by our own writers.

In: nothing. Out: a few files of each kind as bytes; the notes are a scale with chords and drums,
the sound a tune of a few seconds, so that what is left whole takes little time to hear.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import midi, musicxml
from models.score import Meter, Note, PlacedChord, Score, Section, Tempo, Track
from models.theory import Chord, Key

KINDS = (".mid", ".musicxml", ".mxl", ".abc", ".wav", ".mp3", ".ogg")
_RATE = 16_000
_TUNE = (60, 62, 64, 65, 67, 69, 67, 65, 64, 60)
_ABC = (
    'X:1\nT:Seed\nM:6/8\nL:1/8\nQ:3/8=90\nK:D\n|:"D"A>d[fa] (3d/e/f/ ^g-|g2 z [1 "A7"a3:|[2 b3|]\n'
    "V:2 clef=bass\n[D,A,]3 &x2 F|{g}!trill!A3 Z2|\n",
    'X:2\nT:Waltz\nM:3/4\nL:1/4\nK:Gm % minor\n"Gm"G2 B|"D7"A ^F2|"Eb"G _e2|[M:3/4] "D"d3:|\n',
)


def seeds() -> dict[str, list[bytes]]:
    """Some files of each of `KINDS`."""
    scores = [_score(4, Meter(4, 4)), _score(12, Meter(6, 8))]
    found: dict[str, list[bytes]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "seed")
        for score in scores:
            midi.write(score, path)
            found[".mid"].append(path.read_bytes())
            musicxml.write(score, path)
            found[".musicxml"].append(path.read_bytes())
            found[".mxl"].append(packed(path.read_bytes()))
    plain = found[".mid"][0]
    sizes = [size.to_bytes(4, "little") for size in (len(plain) + 12, len(plain))]
    found[".mid"].append(b"RIFF" + sizes[0] + b"RMIDdata" + sizes[1] + plain)
    found[".abc"] = [text.encode() for text in _ABC]
    sound = _sound()
    found[".wav"] = [_coded(sound, "WAV", "PCM_16"), _coded(sound, "WAV", "FLOAT")]
    found[".mp3"] = [_coded(sound, "MP3", "MPEG_LAYER_III")]
    found[".ogg"] = [_coded(sound, "OGG", "VORBIS"), _coded(sound, "OGG", "OPUS")]
    return found


def packed(score: bytes) -> bytes:
    """A MusicXML document as .mxl."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        rootfile = (
            '<container><rootfiles><rootfile full-path="a.musicxml"/></rootfiles></container>'
        )
        archive.writestr("META-INF/container.xml", rootfile)
        archive.writestr("a.musicxml", score)
    return data.getvalue()


def unpacked(data: bytes) -> bytes:
    """The document in a .mxl of `packed`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("a.musicxml")


def _score(bars: int, meter: Meter) -> Score:
    step, end = meter.pulse / 2, bars * meter.bar_beats
    tune = [Note(i * step, _TUNE[i % 10], step, 60 + i % 40) for i in range(int(end / step))]
    hits = [Note(i * step, (36, 42, 38, 42)[i % 4], step) for i in range(int(end / step))]
    chords = [Chord("C"), Chord("A", "m"), Chord("D", "m7"), Chord("G", "7")]
    places = [b * meter.bar_beats for b in range(bars)]
    held = [Note(at, 48 + p, meter.bar_beats) for at in places for p in (0, 4, 7)]
    return Score(
        "Seed", Key("C"), meter, (Tempo(0.0, 100.0), Tempo(places[-1], 90.0)), bars,
        (Track("Lead", "melody", 73, tuple(tune)), Track("Pad", "chords", 48, tuple(sorted(held))),
         Track("Kit", "drums", 0, tuple(hits), True)),
        tuple(PlacedChord(at, meter.bar_beats, chords[i % 4]) for i, at in enumerate(places)),
        (Section("verse", "A", 0, bars),),
    )  # fmt: skip


def _sound() -> NDArray[np.float64]:
    time = np.arange(int(0.3 * _RATE)) / _RATE
    swell = np.minimum(1, np.minimum(time, 0.3 - time) / 0.03)
    tones = [440 * 2 ** ((pitch - 69) / 12) for pitch in _TUNE]
    waves = [np.sin(2 * np.pi * f * time) + 0.4 * np.sin(4 * np.pi * f * time) for f in tones]
    return np.concatenate([0.4 * swell * wave for wave in waves])


def _coded(sound: NDArray[np.float64], kind: str, subtype: str) -> bytes:
    import soundfile

    data = io.BytesIO()
    soundfile.write(data, sound, _RATE, format=kind, subtype=subtype)
    return data.getvalue()

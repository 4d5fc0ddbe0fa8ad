"""Dance tunes of two public-domain books, from the files that the package music21 installs.

In: nothing but the installed package. Out: `LeadSheet` values without chords. Only ABC files are
read, with `abc_reader`: music21's own parser would take many minutes.

What may be learned from (music21's corpus/license.txt gives no licence for the whole: "see the
licenses embedded in individual compositions or directories"):

- ryansMammoth, *Ryan's Mammoth Collection*, Boston 1883: public domain; the transcribers gave their
  files to an open web collection, with names and no conditions in the files. Read.
- oneills1850, F. O'Neill, *Music of Ireland*, Chicago 1903: the same. Read.
- essenFolksong: its license.txt says "legal status unclear", "non-commercial". Not read.
- airdsAirs: tunes of 1778-1801, but an encoding sold on CD-ROM with no permission given. Not read.
- bach: scores carry "(c) 2004 Margaret Greentree - used by permission", a permission given to
  music21 and not passed on. Not read.
"""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Iterator
from pathlib import Path

from models.composer.corpora.abc_reader import Tune, read_abc
from models.composer.corpora.measures import place_bars
from models.composer.sheets import METERS, LeadSheet, build
from models.theory import MODES, pitch_class

_FOLDERS = {"ryan": "ryansMammoth", "oneill": "oneills1850"}
_WORDS = {
    "reel": "reel", "hornpipe": "hornpipe", "clog": "hornpipe", "jig": "jig", "waltz": "waltz",
}  # fmt: skip
#: O'Neill's chapters: first and last number, and the dance.
_CHAPTERS = ((701, 1115, "jig"), (1176, 1555, "reel"), (1556, 1780, "hornpipe"))
#: How the signature's other common modes lie: semitones from the major tonic, whether minor.
_OTHERS = ((9, True), (2, True), (7, False))
_log = logging.getLogger(__name__)


def music21_corpus() -> Iterator[LeadSheet]:
    """Every usable tune of the two books, in order of file names.

    Raises
    ------
    FileNotFoundError
        When music21 is not installed or came without its corpus.
    """
    spec = importlib.util.find_spec("music21")  # finds the folder without importing the package
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise FileNotFoundError("the package music21 is not installed")
    for source, folder in _FOLDERS.items():
        root = Path(places[0]) / "corpus" / folder
        if not root.is_dir():
            raise FileNotFoundError(f"the installed music21 has no corpus folder {folder}")
        yield from _book(root, source)


def _book(root: Path, source: str) -> Iterator[LeadSheet]:
    """One sheet per tune; of several transcriptions of one number of O'Neill's, the first."""
    seen: set[str] = set()
    found = kept = 0
    for path in sorted(root.glob("*.abc")):
        text = path.read_text(encoding="utf-8", errors="replace")
        found += len(re.findall(r"^X:", text, re.MULTILINE))
        for tune in read_abc(text):
            number = tune.header["X"] if source == "oneill" else path.stem
            if number in seen:
                continue
            sheet = read_tune(tune, f"{source}/{number}", source)
            if sheet:
                seen.add(number)
                kept += 1
                yield sheet
    _log.info("%s: %d of %d tunes read", source, kept, found)


def read_tune(tune: Tune, piece: str, source: str) -> LeadSheet | None:
    """A tune's first voice as a sheet; None when its meter or length does not fit.

    Reels and hornpipes written in 2/4 with sixteenths are brought to 4/4 with eighths, as the
    other collections write them.
    """
    style = _style(tune, source)
    meter = {"2/2": "4/4", "12/8": "6/8"}.get(tune.meter, tune.meter)
    stretch = 1.0
    if style in ("reel", "hornpipe") and meter == "2/4":
        meter, stretch = "4/4", 2.0
    if meter not in METERS:
        return None
    bars = next(iter(tune.voices.values()))
    top, bottom = map(int, meter.split("/"))
    full = top * 4 / bottom
    lengths = [bar.length * stretch for bar in bars]
    longest = full * (2 if tune.meter == "12/8" else 1)
    if not lengths or max(lengths) > longest + 0.01:
        return None  # a bar too long is a slip that would shift every later one
    starts, _ = place_bars(lengths, [bar.opening for bar in bars], full)
    notes = [
        (start + onset * stretch, duration * stretch, pitch)
        for start, bar in zip(starts, bars, strict=True)
        for onset, duration, pitch in bar.notes
    ]
    tonic, minor = _tonic(tune, notes)
    return build(
        piece=piece,
        source=source,
        style=style,
        meter=meter,
        tonic=tonic,
        minor=minor,
        notes=notes,
        chords=(),
        author=_author(tune),
    )


def _style(tune: Tune, source: str) -> str:
    """The dance that the header, the title or the chapter of the book names, else "folk"."""
    title = tune.header.get("T", "").lower() if source == "ryan" else ""
    rhythm = tune.header.get("R", "").lower() or title
    style = next((s for word, s in _WORDS.items() if word in rhythm), "folk")
    digits = re.match(r"\d+", tune.header["X"])
    if source == "oneill" and not rhythm and digits:
        number = int(digits[0])
        style = next((s for a, b, s in _CHAPTERS if a <= number <= b), "folk")
    # What Ryan's calls a jig in duple time is a stage dance and moves otherwise.
    return "folk" if style == "jig" and tune.meter != "6/8" else style


def _tonic(tune: Tune, notes: list[tuple[float, float, int]]) -> tuple[int, bool]:
    """Tonic pitch class and whether minor.

    Transcribers often write a bare "K:G" for any mode with one sharp. Then the last note is the
    tonic when it is one of the signature's other modes and its triad is heard more than G's.
    """
    tonic = pitch_class(tune.key.tonic)
    if tune.told or not notes:
        return tonic, MODES[tune.key.mode][2] == 3
    heard = [0.0] * 12
    for _, duration, pitch in notes:
        heard[(pitch - tonic) % 12] += duration

    def triad(root: int, third: int) -> float:
        return sum(heard[(root + step) % 12] for step in (0, third, 7))

    last = (notes[-1][2] - tonic) % 12
    for root, minor in _OTHERS:
        if last == root and triad(root, 3 if minor else 4) > triad(0, 4):
            return (tonic + root) % 12, minor
    return tonic, False


def _author(tune: Tune) -> str:
    """The composer as the book prints it; a place or a nation in that field is nobody."""
    name = tune.header.get("C", "").strip().rstrip(".")
    nobody = {"scotch", "irish", "english", "trad", "traditional", "anon", "scottish"}
    return "" if name.lower() in nobody else name.title()

"""Free games' music (freedoom, blasphemer, OpenMSX, simutrans): multi-track MIDI to lead sheets.

In: the folder `gamemusic` of the data directory. Out: `LeadSheet` values: the melody is the track
that `melody_track` finds, chords come from the other pitched tracks (`chord_finder`), the key from
all of them (`key_finder`; key signatures are missing from two files in three and mostly C), the
author from the credits that lie beside the music.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from models import midi
from models.composer.chord_finder import find_chords
from models.composer.melody_track import find_melody, freshness, skyline
from models.composer.sheets import METERS, LeadSheet, build
from models.errors import Refusal
from models.key_finder import find_key, weights
from models.score import Meter, Note, Score

_GRID_SHARE = 0.75  # of the melody's onsets must lie near a sixteenth
_PITCHES, _FRESH = 5, 0.4  # fewer pitches or fresh bars are a riff
_EFFECTS = 112  # programs from here on have no pitch to speak of

# Freedoom's pieces outside levels: (heading, entry) in CREDITS-MUSIC -> file.
_SCREENS = {
    ("Phase 1", "Title"): ("d_intro", "d_introa"),
    ("Phase 1", "Intermission"): ("d_inter",),
    ("Phase 1", "Victory"): ("d_victor",),
    ("Phase 1", "Bunny"): ("d_bunny",),
    ("Phase 2", "Title"): ("d_dm2ttl",),
    ("Phase 2", "Intermission"): ("d_dm2int",),
    ("Phase 2", "Story"): ("d_read_m",),
    ("FreeDM", "Title"): ("d_fdmttl",),
    ("FreeDM", "Intermission"): ("d_fdmint",),
    ("FreeDM", "Story"): ("d_fdmrdm",),
}


def gamemusic(data: Path) -> Iterator[LeadSheet]:
    """Every usable piece; the credits give its author, "" where they do not."""
    authors = game_authors(data)
    for path in sorted((data / "gamemusic").glob("*/*.mid")):
        try:
            score = midi.read(path)
        except Refusal:
            continue
        piece = _identifier(path)
        sheet = _sheet(score, piece, authors.get(piece, ""))
        if sheet:
            yield sheet


def game_authors(data: Path) -> dict[str, str]:
    """Sheet id -> first named composer, for every file that the credits know."""
    folder = data / "gamemusic"
    found = {
        **_freedoom(folder / "freedoom" / "CREDITS-MUSIC"),
        **_simutrans(folder / "simutrans"),
        **_openmsx(folder / "OpenMSX"),
    }
    files = {_identifier(path) for path in folder.glob("*/*.mid")}
    return {piece: author for piece, author in sorted(found.items()) if piece in files}


def _identifier(path: Path) -> str:
    return f"gamemusic/{path.parent.name}/{path.stem}"


def _sheet(score: Score, piece: str, author: str) -> LeadSheet | None:
    meter = {"2/2": "4/4", "12/8": "6/8"}.get(str(score.meter), str(score.meter))
    pitched = [t for t in score.tracks if not t.is_drum and t.program < _EFFECTS]
    chosen = find_melody(pitched)
    if chosen is None or meter not in METERS:
        return None
    melody = skyline(pitched[chosen].notes)
    if not _is_tune(melody):
        return None
    others = [n for i, t in enumerate(pitched) if i != chosen for n in t.notes]
    tonic, minor, _ = find_key(weights((n.duration, n.pitch) for t in pitched for n in t.notes))
    bar = Meter.parse(meter).bar_beats
    bars = int(score.beats // bar)
    return build(
        piece=piece,
        source="gamemusic",
        style="game",
        meter=meter,
        tonic=tonic,
        minor=minor,
        notes=[(n.onset, n.duration, n.pitch) for n in melody],
        chords=find_chords([(n.onset, n.duration, n.pitch) for n in others], bar, bars),
        author=author,
    )


def _is_tune(melody: Sequence[Note]) -> bool:
    """Whether there is a tune to learn, and a sixteenth grid holds it.

    Much of this music is riff over drums; triplets and free playing would be bent by the grid.
    """
    near = sum(abs(n.onset * 4 - round(n.onset * 4)) < 0.2 for n in melody)
    varied = len({n.pitch for n in melody}) >= _PITCHES and freshness(melody) >= _FRESH
    return varied and near >= _GRID_SHARE * len(melody)


def _freedoom(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    heading = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"--(.+)--", line.strip()):
            heading = match[1]
            if heading.startswith("Previously"):
                break
        elif match := re.fullmatch(r"\s*(\w+): (?:\".*?\"|\S+) by (.+)", line):
            names = _SCREENS.get((heading, match[1]), (f"d_{match[1].lower()}",))
            found |= {f"gamemusic/freedoom/{name}": _first(match[2]) for name in names}
    return found


def _first(names: str) -> str:
    """The first person of a credit: 'Lola "BlueWorrior" Harvey and Goji' -> BlueWorrior.

    Screen names are what all files of the collection agree on.
    """
    person = re.split(r",| and | & ", names)[0].strip()
    nickname = re.search(r"\"(.+?)\"", person)
    return nickname[1] if nickname else person


def _simutrans(folder: Path) -> dict[str, str]:
    rows = re.findall(
        r"^(\d\d) \| .+? \| (.+?) +\|",
        (folder / "readme.txt").read_text(encoding="utf-8-sig"),
        re.MULTILINE,
    )
    authors = dict(rows)
    return {
        _identifier(path): authors[path.stem[:2]]
        for path in folder.glob("*.mid")
        if path.stem[:2] in authors
    }


def _openmsx(folder: Path) -> dict[str, str]:
    """Titles are listed at the margin, their author indented below; file names shorten both."""
    credits = (folder / "README.md").read_text(encoding="utf-8").partition("Musicians:")[2]
    authors: dict[str, list[str]] = {}
    titles: list[str] = []
    for line in credits.partition("Song notes:")[0].splitlines():
        if match := re.match(r"  - ([^<(]+)", line):
            authors.setdefault(match[1].strip(), []).extend(titles)
            titles = []
        elif line.startswith("- "):
            titles.append(line[2:])
    found = {}
    for path in folder.glob("*.mid"):
        words = set(path.stem.lower().split("_"))
        for author, known in authors.items():
            surname = author.lower().split()[-1]
            hit = any(words & {surname} or words <= _words(title) for title in known)
            if hit:
                found[_identifier(path)] = author
    return found


def _words(title: str) -> set[str]:
    return set(re.findall(r"\w+", title.lower()))

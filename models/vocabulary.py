"""The words people use for music, as data: styles, moods, instruments, drum kits and purposes.

In: `genres.toml`, `moods.toml`, `instruments.toml`, `purposes.toml` beside this file. Out: frozen
entries with English and Chinese names, and look-up by any name or alias. Nothing here decides
anything; the planner and the agent do.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

Kind = Literal["style", "mood", "instrument", "kit", "purpose"]


@dataclass(frozen=True)
class Entry:
    """What every entry has: an id, its kind, display names by language, and other spellings."""

    id: str
    kind: Kind
    names: Mapping[str, str]
    aliases: tuple[str, ...] = ()

    def name(self, locale: str = "en") -> str:
        """Display name in a language ("en", "zh"), English when there is none."""
        return self.names.get(locale[:2], self.names["en"])


@dataclass(frozen=True)
class Style(Entry):
    """A style: what it sounds like before anything is asked of it.

    `tempo` is (slowest, typical, fastest) in quarter notes per minute; `meters` and the instrument
    ids of each role come in order of preference; `minor` is the share of pieces in a minor mode and
    `modes` other modes it favours; `swing` is where the off-eighth falls (0.5 straight, 0.67
    triplet); `harmony` names the progression statistics; `kit` is a drum-kit id or "".
    `comp`, `bassline` and `beat` name patterns of the plain accompaniment; `density` is 0..1 and
    `looseness` (0..1) how far players stray from the grid.
    """

    family: str = "pop"
    tempo: tuple[float, float, float] = (80, 110, 140)
    meters: tuple[str, ...] = ("4/4",)
    minor: float = 0.4
    modes: tuple[str, ...] = ()
    swing: float = 0.5
    harmony: str = "pop"
    melody: tuple[str, ...] = ()
    chords: tuple[str, ...] = ()
    pad: tuple[str, ...] = ()
    bass: tuple[str, ...] = ()
    kit: str = ""
    comp: str = "block"
    bassline: str = "root"
    beat: str = "none"
    density: float = 0.5
    looseness: float = 0.4


@dataclass(frozen=True)
class Mood(Entry):
    """A mood on Russell's circumplex (1980): valence (sad -1 .. happy 1), arousal (calm .. wild)."""

    valence: float = 0.0
    arousal: float = 0.0


@dataclass(frozen=True)
class Instrument(Entry):
    """A General MIDI program (0..127) with its playable range as MIDI notes, sounding pitch."""

    program: int = 0
    family: str = "piano"
    low: int = 21
    high: int = 108
    roles: tuple[str, ...] = ()
    polyphonic: bool = True


@dataclass(frozen=True)
class Kit(Entry):
    """A General MIDI drum kit: the program on the percussion channel."""

    program: int = 0


@dataclass(frozen=True)
class Purpose(Entry):
    """What a piece is for; `seconds` is the usual length, `lengths` the only ones allowed, if any."""

    seconds: float = 60.0
    lengths: tuple[float, ...] = ()
    form: tuple[str, ...] = ()
    loop: bool = False


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Catalogue(Generic[E]):
    """Entries of one kind by id."""

    kind: Kind
    entries: Mapping[str, E]
    _spellings: Mapping[str, str] = field(repr=False, default_factory=dict)

    def __getitem__(self, key: str) -> E:
        return self.entries[key]

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __iter__(self) -> Iterator[E]:
        return iter(self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)

    def find(self, text: str) -> E | None:
        """The entry whose id, name or alias is exactly `text` (case and hyphens aside), or None."""
        key = self._spellings.get(normalise(text))
        return self.entries[key] if key else None

    @property
    def spellings(self) -> Mapping[str, str]:
        """Normalised id, names and aliases -> id; what a fuzzy matcher searches."""
        return self._spellings


@dataclass(frozen=True)
class Vocabulary:
    """The five catalogues together."""

    styles: Catalogue[Style]
    moods: Catalogue[Mood]
    instruments: Catalogue[Instrument]
    kits: Catalogue[Kit]
    purposes: Catalogue[Purpose]


def normalise(text: str) -> str:
    """Lower case, hyphens and underscores as spaces, runs of spaces as one."""
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _catalogue(kind: Kind, cls: type[E], table: Mapping[str, dict[str, Any]]) -> Catalogue[E]:
    entries: dict[str, E] = {}
    spellings: dict[str, str] = {}
    for key, raw in table.items():
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        entry = cls(id=key, kind=kind, **values)
        entries[key] = entry
        for spelling in (key, *entry.names.values(), *entry.aliases):
            spellings.setdefault(normalise(spelling), key)
    return Catalogue(kind, entries, spellings)


@lru_cache(maxsize=1)
def load() -> Vocabulary:
    """Read the four files once; the result is immutable."""
    folder = Path(__file__).parent

    def table(name: str) -> dict[str, Any]:
        return tomllib.loads((folder / name).read_text(encoding="utf-8"))

    instruments = table("instruments.toml")
    return Vocabulary(
        styles=_catalogue("style", Style, table("genres.toml")["styles"]),
        moods=_catalogue("mood", Mood, table("moods.toml")["moods"]),
        instruments=_catalogue("instrument", Instrument, instruments["instruments"]),
        kits=_catalogue("kit", Kit, instruments["kits"]),
        purposes=_catalogue("purpose", Purpose, table("purposes.toml")["purposes"]),
    )

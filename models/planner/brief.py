"""What a person asks for: every field optional, nothing decided yet.

In: JSON (the public `--brief` file) or the agent's reading of a text. Out: a frozen `Brief` whose
names are vocabulary ids, ready for `plan.make_plan`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Brief:
    """A request for a piece; None or () means "you choose".

    `style`, `moods`, `purpose` and `instruments` are vocabulary ids. Several moods are a curve over
    the piece (film cues). `valence` and `arousal` are -1..1. `tempo` counts quarter notes per
    minute. `chords` are bars of chord symbols, repeated as often as the piece needs. `form` is
    section names in order ("verse", "chorus", ...). `grade` (1..5) bounds a lesson's difficulty.
    `ensemble` is a vocabulary id too; it brings its own players. `density` (0..1, how many notes)
    takes the place of the style's own.
    """

    style: str | None = None
    moods: tuple[str, ...] = ()
    valence: float | None = None
    arousal: float | None = None
    key: str | None = None
    tempo: float | None = None
    meter: str | None = None
    bars: int | None = None
    seconds: float | None = None
    purpose: str | None = None
    instruments: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    chords: tuple[tuple[str, ...], ...] = ()
    form: tuple[str, ...] = ()
    grade: int | None = None
    title: str | None = None
    seed: int | None = None
    ensemble: str | None = None
    density: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields that were given, as the `--brief` file writes them."""
        given = {k: v for k, v in asdict(self).items() if v is not None and v != ()}
        if moods := given.pop("moods", None):
            given["mood"] = moods[0] if len(moods) == 1 else list(moods)
        if chords := given.pop("chords", None):
            # A bar line after a lone bar: without any, every chord would be read as its own bar.
            lone = " |" if len(chords) == 1 and len(chords[0]) > 1 else ""
            given["chords"] = " | ".join(" ".join(bar) for bar in chords) + lone
        return {k: list(v) if isinstance(v, tuple) else v for k, v in given.items()}

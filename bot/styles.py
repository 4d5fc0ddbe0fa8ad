"""One musician's files -> a style, and the composer in that style: the seam to `models`.

In: a request of kind "learn" whose files are MIDI or MusicXML, or the folder of a learned style.
Out: a folder with the style and the melodies and chords it came from (so that pieces can be added
later), and a report that the reply puts into words (`bot.style_words`); or a composer that writes
so. Runs in a worker or the terminal. Only files that somebody gave for this are ever learned from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.domain import Lesson, OnProgress, Progress, Request
from bot.i18n import translate
from bot.render.failures import disk_errors
from bot.wardrobe import LEARNED, MOST_PIECES, STYLES, WEIGHT
from models.composer.features import NAMES
from models.composer.generate import Composer
from models.composer.reading import read
from models.composer.sheets import LeadSheet
from models.composer.source import read_source
from models.errors import Refusal

if TYPE_CHECKING:
    from models.composer.adapt import Style

#: The least that says something about a manner.
_LEAST_BARS, _LEAST_NOTES = 4, 12
#: Feature of the style vector -> (trait where it is high, trait where it is low).
_TRAITS = {
    "notes_per_beat": ("busy", "calm"),
    "mean_move": ("leaps", "steps"),
    "range": ("wide", "narrow"),
    "syncopation": ("syncopated", "straight"),
    "chromatic": ("chromatic", ""),
    "rest_share": ("pauses", ""),
    "notes_return": ("returns", ""),
}
_TELLING, _MOST_TRAITS = 0.6, 3  # spreads of the training melodies from their mean


def learn(
    request: Request, seed: int, data_dir: Path, composer: Composer, on_progress: OnProgress
) -> dict[str, Any]:
    """Learn a style and write its folder; the same arguments give the same style.

    Returns JSON values: name, folder, pieces (in all), added, kind, traits (ids), minor (share of
    pieces, 0..1), skipped (a line for each file not learned from), train (whether training was
    allowed), and `report`, the figures of `models.composer.adapt`.

    Raises
    ------
    Refusal
        When no file can be learned from, or there are too many.
    """
    lesson = request.lesson
    if lesson is None:
        raise ValueError("a request to learn has a lesson")
    on_progress(Progress(1, 4, "reading the pieces"))
    home = data_dir / STYLES
    earlier = _learned_from(home / lesson.earlier) if lesson.earlier else []
    found, skipped = _read(lesson, data_dir, request.locale)
    sheets = list({sheet.id: sheet for sheet in (*earlier, *found)}.values())
    if len(sheets) > MOST_PIECES:
        raise Refusal(
            "A style takes at most {most} pieces; this would make {count}.",
            most=MOST_PIECES, count=len(sheets),
        )  # fmt: skip
    style = _learn(sheets, lesson, composer, seed, on_progress)
    learned = {
        "name": lesson.name,
        "folder": lesson.folder,
        "pieces": len(sheets),
        "added": len(sheets) - len(earlier),
        "kind": style.kind,
        "traits": _traits(style, composer),
        "minor": sum(sheet.minor for sheet in sheets) / len(sheets),
        "skipped": skipped,
        "train": lesson.train,
        "report": style.report,
    }
    folder = home / lesson.folder
    with disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
        style.save(folder / WEIGHT)
        kept = {**learned, "sheets": [sheet.to_json() for sheet in sheets]}
        (folder / LEARNED).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return learned


@dataclass
class Fitting:
    """The composer in the style last asked for, kept for the next piece of the same person."""

    folder: Path | None = None
    composer: Composer | None = None

    def wear(self, plain: Composer, folder: Path) -> tuple[str, Composer]:
        """The name of the style in `folder`, and `plain` in it.

        Raises
        ------
        Refusal
            When the style is gone.
        """
        from models.composer import adapt

        name = str(_record(folder)["name"])
        if self.composer is None or self.folder != folder:
            self.composer = adapt.applied(plain, adapt.Style.load(folder / WEIGHT))
            self.folder = folder
        return name, self.composer


def _record(folder: Path) -> Mapping[str, Any]:
    """What a style's folder says about it."""
    try:
        record: dict[str, Any] = json.loads((folder / LEARNED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(
            "That learned style is not here any more; choose another, or none, with /style use."
        ) from None
    return record


def _learned_from(folder: Path) -> list[LeadSheet]:
    return [LeadSheet.from_json(raw) for raw in _record(folder)["sheets"]]


def _read(lesson: Lesson, data_dir: Path, locale: str) -> tuple[list[LeadSheet], list[str]]:
    """The files' melodies over their chords, and why some are left out, in the asker's language."""
    sheets: list[LeadSheet] = []
    skipped: list[str] = []
    for name, title in zip(lesson.files, lesson.titles, strict=True):
        try:
            sheets.append(_sheet(data_dir / name))
        except Refusal as refusal:
            why = translate(refusal.template, locale, **refusal.values)
            skipped.append(f"{title}: {why}")
    if not sheets:
        raise Refusal("I could not learn from any of these files. {reasons}",
                      reasons=" ".join(skipped))  # fmt: skip
    return sheets, skipped


def _sheet(path: Path) -> LeadSheet:
    if not path.is_file():
        raise Refusal("I do not have that file any more; please send it again.")
    sheet = read(read_source(path)).sheet
    if sheet.bars < _LEAST_BARS or len(sheet.notes) < _LEAST_NOTES:
        raise Refusal(
            "Its melody is too short to learn from; I need {bars} bars and {notes} notes.",
            bars=_LEAST_BARS, notes=_LEAST_NOTES,
        )  # fmt: skip
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:24]  # the same file counts once
    return replace(sheet, id=digest)


def _learn(
    sheets: Sequence[LeadSheet], lesson: Lesson, composer: Composer, seed: int, tell: OnProgress
) -> Style:
    from models.composer import adapt  # training is seldom: not at every worker's start

    if not lesson.train:
        tell(Progress(2, 4, "measuring the style"))
        return adapt.instant(sheets)
    return adapt.learn(sheets, composer, seed=seed, on_progress=tell)


def _traits(style: Style, composer: Composer) -> list[str]:
    """How the style differs most from the melodies the composer was trained on."""
    model = composer.decoder.model
    mean, spread = (t.numpy() for t in (model.style_mean, model.style_scale))
    apart = (np.asarray(style.vector) - mean) / spread
    found = []
    for feature, (high, low) in _TRAITS.items():
        far = float(apart[NAMES.index(feature)])
        trait = high if far > 0 else low
        if trait and abs(far) >= _TELLING:
            found.append((abs(far), trait))
    return [trait for _, trait in sorted(found, reverse=True)[:_MOST_TRAITS]]

"""One musician's files -> a style, and the composer in that style: the seam to `models`.

In: a request of kind "learn" whose files are MIDI or MusicXML, or the folder of a learned style.
Out: a folder with the style and the melodies and chords it came from (so that pieces can be added
later), and a report that the reply puts into words (`bot.style_words`); or a composer that writes
so. Runs in a worker or the terminal. Only files that somebody gave for this are ever learned from.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.domain import Lesson, OnProgress, Progress, Request
from bot.i18n import translate
from bot.reading.reader import Reader
from bot.render.failures import disk_errors
from bot.rework import GONE
from bot.wardrobe import LEARNED, MOST_PIECES, NOTHING, STYLES, TOO_MANY, WEIGHT
from models.composer.features import NAMES
from models.composer.generate import Composer
from models.composer.sheets import LeadSheet
from models.composer.source import source_of_score
from models.errors import Refusal

if TYPE_CHECKING:
    from models.composer.adapting.style import Report, Style

log = logging.getLogger(__name__)

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
    request: Request, data_dir: Path, composer: Composer, on_progress: OnProgress
) -> dict[str, Any]:
    """Learn a style and write its folder; the same arguments give the same style.

    (Training is bounded by time: on a machine too slow for all its steps, nearly the same.)

    Returns JSON values: name, folder, pieces (in all), kind, traits (ids), minor (share of
    pieces, 0..1), skipped (a line for each file not learned from), train (whether training was
    allowed), discord (whether any file came through it), and `outcome`, what training found.

    Raises
    ------
    Refusal
        When no file can be learned from, or there are too many.
    """
    lesson = request.lesson
    if lesson is None:
        raise ValueError("a request to learn has a lesson")
    on_progress(Progress(1, 3, "reading the pieces"))
    home = data_dir / STYLES
    before = _record(home / lesson.earlier) if lesson.earlier else {}
    earlier = [LeadSheet.from_json(raw) for raw in before.get("sheets", ())]
    found, skipped = _read(lesson, data_dir, request.locale)
    sheets = list({sheet.id: sheet for sheet in (*earlier, *found)}.values())
    if len(sheets) > MOST_PIECES:
        raise Refusal(TOO_MANY, most=MOST_PIECES, count=len(sheets))
    style = _learn(sheets, lesson, composer, on_progress)
    learned = {
        "name": lesson.name,
        "folder": lesson.folder,
        "pieces": len(sheets),
        "kind": style.kind,
        "traits": _traits(style, composer),
        "minor": sum(sheet.minor for sheet in sheets) / len(sheets),
        "skipped": skipped,
        "train": lesson.train,
        "discord": lesson.discord or bool(before.get("discord")),
        "outcome": outcome(style.report),
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
        from models.composer.adapting import adapt
        from models.composer.adapting.style import fingerprint

        name = str(_record(folder)["name"])
        if self.composer is None or self.folder != folder:
            style = adapt.Style.load(folder / WEIGHT)
            if style.base not in ("", fingerprint(plain.decoder.model)):
                log.warning(
                    "%s was trained over an earlier weight: only its vector is used", folder
                )
            self.composer = adapt.applied(plain, style)
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


def _read(lesson: Lesson, data_dir: Path, locale: str) -> tuple[list[LeadSheet], list[str]]:
    """The files' melodies over their chords, and why some are left out, in the asker's language."""
    sheets: list[LeadSheet] = []
    skipped: list[str] = []
    with Reader() as reader:
        for name, title in zip(lesson.files, lesson.titles, strict=True):
            try:
                sheets.append(_sheet(data_dir, name, title, reader))
            except Refusal as refusal:
                why = translate(refusal.template, locale, **refusal.values)
                skipped.append(f"“{title}”: {why}")
    if not sheets and not (lesson.earlier and not lesson.files):
        raise Refusal(NOTHING, reasons=" ".join(skipped))
    return sheets, skipped


def _sheet(data_dir: Path, name: str, title: str, reader: Reader) -> LeadSheet:
    from models.composer.adapting import adapt

    path = data_dir / name
    if not path.is_file():
        raise Refusal(GONE)
    score = reader.read(path, keep=not Path(name).is_absolute())
    sheet = adapt.sheet_of(source_of_score(score), title)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:24]  # the same file counts once
    return replace(sheet, id=digest)


def _learn(
    sheets: Sequence[LeadSheet], lesson: Lesson, composer: Composer, tell: OnProgress
) -> Style:
    from models.composer.adapting import adapt  # learning is seldom: not at every worker's start

    if not lesson.train:
        tell(Progress(2, 3, "measuring the style"))
        return adapt.instant(sheets)

    def trained(done: int, of: int) -> None:
        tell(Progress(1 + done, 1 + of, "training and testing on pieces left out"))

    return adapt.learn(sheets, composer, on_progress=trained)


def outcome(report: Report) -> dict[str, Any]:
    """Figures of a report in percent: `gain` over the vector on pieces left out, `worse` the base.

    `verdict` is the report's; gains are None where they were not measured.
    """
    gains = {
        name: None if nats is None or not report.vector else 100 * (1 - nats / report.vector)
        for name, nats in (("embedding", report.embedding), ("adapter", report.adapter))
    }
    worse = None if report.forgotten is None else 100 * report.forgotten
    return {"verdict": report.verdict, "gain": gains, "worse": worse, **asdict(report)}


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

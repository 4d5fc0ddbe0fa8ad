"""One person's files -> a style, and the composer in that style: the seam to `models`.

In: a request of kind "learn" whose files are MIDI, MusicXML or texts, or the folder of a learned
style. Out: a folder with the style and the melodies and chords it came from (so that pieces can be
added later), with the voice of the texts (`bot.style_voice`; texts are not kept), and a report that
the reply puts into words (`bot.style_words`); or a composer that writes so. Runs in a worker or the
terminal. Only files that somebody gave for this are ever learned from.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot import style_texts, style_voice
from bot.domain import Lesson, OnProgress, Progress, Request
from bot.i18n import translate
from bot.reading.reader import Reader
from bot.render.failures import disk_errors
from bot.rework import GONE
from bot.style_voice import VOICE
from bot.wardrobe import LEARNED, MOST_PIECES, NOTHING, STYLES, TOO_MANY, WEIGHT
from models.composer.features import NAMES
from models.composer.generate import Composer
from models.composer.sheets import LeadSheet
from models.composer.source import source_of_score
from models.errors import Refusal

if TYPE_CHECKING:
    from models.composer.adapting.style import Report, Style
    from models.lyricist.voice import Voice

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

    Returns JSON values: name, folder, pieces (melodies and texts in all), kind, traits (ids), minor
    (share of pieces, 0..1), skipped (a line for each file not learned from), train (whether
    training was allowed), discord (whether any file came through it), `outcome`, what training
    found (None without melodies), and `voice`, see `style_voice.report` (None without texts).

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
    folder = home / lesson.folder
    if (folder / LEARNED).is_file():  # the job was interrupted after it had learned
        return {name: value for name, value in _record(folder).items() if name != "sheets"}
    before = _record(home / lesson.earlier) if lesson.earlier else {}
    found, skipped = _read(lesson, data_dir, request.locale)
    sheets = _joined(before, found)
    voice, texts, others = style_voice.learn(lesson, data_dir, request.locale, on_progress)
    skipped += others
    if not found and voice is None and (lesson.files or not lesson.earlier):
        raise Refusal(NOTHING, reasons=" ".join(skipped))
    style = _music(sheets, bool(found), lesson, composer, home, on_progress)
    said = style_voice.report(voice, texts) if voice else before.get("voice")
    learned = {
        "name": lesson.name,
        "folder": lesson.folder,
        "pieces": len(sheets) + (said["texts"] if said else 0),
        "kind": max(style.kind if style else "vector", said["kind"] if said else "vector",
                    key=("vector", "embedding", "adapter").index),
        "traits": _traits(style, composer) if style else [],
        "minor": sum(sheet.minor for sheet in sheets) / max(1, len(sheets)),
        "skipped": skipped,
        "train": lesson.train,
        "discord": lesson.discord or bool(before.get("discord")),
        "outcome": outcome(style.report) if style else None,
        "voice": said,
    }  # fmt: skip
    with disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
        if style:
            style.save(folder / WEIGHT)
        if voice:
            voice.save(folder / VOICE)
        elif said:
            shutil.copyfile(home / str(lesson.earlier) / VOICE, folder / VOICE)
        kept = {**learned, "sheets": [sheet.to_json() for sheet in sheets]}
        (folder / LEARNED).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    style_texts.forget_texts(lesson, data_dir)
    return learned


def _joined(before: Mapping[str, Any], found: Sequence[LeadSheet]) -> list[LeadSheet]:
    """All melodies of the style, those from before too.

    Raises
    ------
    Refusal
        When there are too many.
    """
    earlier = [LeadSheet.from_json(raw) for raw in before.get("sheets", ())]
    sheets = list({sheet.id: sheet for sheet in (*earlier, *found)}.values())
    if len(sheets) > MOST_PIECES:
        raise Refusal(TOO_MANY, most=MOST_PIECES, count=len(sheets))
    return sheets


def _music(
    sheets: Sequence[LeadSheet],
    new: bool,
    lesson: Lesson,
    composer: Composer,
    home: Path,
    tell: OnProgress,
) -> Style | None:
    """What the melodies come to; as it was where only words are new, None without melodies."""
    from models.composer.adapting import adapt  # learning is seldom: not at every worker's start

    if not sheets:
        return None
    if lesson.earlier and lesson.files and not new:
        return adapt.Style.load(home / lesson.earlier / WEIGHT)
    if not lesson.train:
        tell(Progress(2, 3, "measuring the style"))
        return adapt.instant(sheets)

    def trained(done: int, of: int) -> None:
        tell(Progress(1 + done, 1 + of, "training and testing on pieces left out"))

    return adapt.learn(sheets, composer, on_progress=trained)


@dataclass
class Fitting:
    """The composer in the style last asked for, kept for the next piece of the same person."""

    folder: Path | None = None
    composer: Composer | None = None
    spoken: tuple[Path, Voice | None] | None = None

    def voice(self, folder: Path) -> Voice | None:
        """The voice of the style in `folder`, the same object each time; None when it has none.

        Raises
        ------
        Refusal
            When its file cannot be read.
        """
        if self.spoken is None or self.spoken[0] != folder:
            self.spoken = folder, style_voice.voice_in(folder)
        return self.spoken[1]

    def wear(self, plain: Composer, folder: Path) -> tuple[str, Composer]:
        """The name of the style in `folder`, and `plain` in it: itself where it has words only.

        Raises
        ------
        Refusal
            When the style is gone.
        """
        from models.composer.adapting import adapt
        from models.composer.adapting.style import fingerprint

        record = _record(folder)
        name = str(record["name"])
        if not record["sheets"]:
            return name, plain
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
            if style_texts.is_text(name):
                continue
            try:
                sheets.append(_sheet(data_dir, name, title, reader))
            except Refusal as refusal:
                why = translate(refusal.template, locale, **refusal.values)
                skipped.append(f"“{title}”: {why}")
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

"""Scores on paper: full score, parts and lead sheet, as PDF and as a picture of the first page.

In: a `Score`. Out: files in a folder: the full score (PDF, and its first page as PNG), every part
in one zip, or the lead sheet: the tune with its chord symbols (PDF, PNG, MusicXML). Notes sound as
written in all of them ("Score in C"). We write MusicXML (`models.musicxml`), verovio engraves it to
SVG, resvg draws the picture and typst binds the pages as vectors; all three in a process of their
own (`sheet_worker`), so that a crash costs the page and never the piece.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import ImageFont

from bot.i18n import translate
from bot.render.failures import disk_errors
from bot.render.fonts import find_chinese
from models import musicxml
from models.errors import Refusal
from models.lyrics import Lyrics
from models.paper import Paper
from models.planner.plan import Plan
from models.score import Role, Score, Track
from models.staves import staves_of
from models.tidy import top_line
from models.vocabulary import load
from models.words_on_score import singer

FAILED = (
    "I could not engrave this score; the piece itself is safe, and its MusicXML file opens in any "
    "notation program."
)
SWINGS = 0.58  # where the off-eighth falls from which on a page says "Swing"

_TIMEOUT = 240.0  # seconds by the clock of a busy machine; the worker bounds its own work
_A4 = (2100, 2970)  # tenths of a millimetre
_ORDER: tuple[Role, ...] = ("melody", "counter", "other", "chords", "pad", "bass", "drums")
# Most staves in a system -> half the space between two staff lines, in tenths of a millimetre.
_UNITS = ((1, 9.0), (3, 8.0), (5, 7.0), (8, 6.0), (12, 5.0), (10_000, 4.0))


@dataclass(frozen=True, slots=True)
class _Job:
    """One document: its MusicXML, its page and the files it becomes ("" is none)."""

    xml: str
    pdf: str
    png: str
    unit: float
    page: tuple[int, int] = _A4


def engrave(
    score: Score,
    folder: Path,
    *,
    what: Iterable[str] = ("score",),
    paper: Paper | None = None,
    lyrics: Lyrics | None = None,
) -> dict[str, Path]:
    """Write the score, its parts or its lead sheet into `folder`: the files by kind.

    `what` is some of "score", "parts" and "lead"; the kinds are those of `bot.files.NAMES`.
    `lyrics` stand under the notes of the track that sings them, on every page that it is on.

    Raises
    ------
    Refusal
        When the engraver fails or takes too long; no file is left half written.
    """
    paper = paper or Paper(composer="Segno")
    ordered = score.with_tracks(sorted(score.tracks, key=lambda t: _ORDER.index(t.role)))
    made: dict[str, Path] = {}
    with disk_errors(), TemporaryDirectory() as scratch:
        room = Path(scratch)
        jobs: list[_Job] = []
        for kind in dict.fromkeys(what):
            jobs.extend(_WRITERS[kind](ordered, paper, room, lyrics))
        _run(jobs, room)
        if (room / "score.pdf").exists():
            made["score"] = _moved(room / "score.pdf", folder / "score.pdf")
            made["score_png"] = _moved(room / "score.png", folder / "score.png")
        if parts := sorted(room.glob("part-*.pdf")):
            made["parts"] = _packed(parts, ordered.tracks, folder / "parts.zip")
        if (room / "lead.pdf").exists():
            for kind, suffix in (("lead", "pdf"), ("lead_png", "png"), ("lead_xml", "musicxml")):
                made[kind] = _moved(room / f"lead.{suffix}", folder / f"lead-sheet.{suffix}")
    return made


def paper_for(plan: Plan, locale: str) -> Paper:
    """What the pages of a planned piece say, in a language."""
    styles = load().styles
    names = {s.section.name for s in plan.sections}
    return Paper(
        composer="Segno",
        style=styles[plan.style].name(locale) if plan.style in styles else "",
        note=translate("Score in C", locale),
        swing=plan.swing >= SWINGS,
        sections={name: _printed(name, locale) for name in names},
    )


def _printed(name: str, locale: str) -> str:
    # Only words go to the catalogue: a stranger's file may call a section "{0}".
    said = translate(name, locale) if name.replace("-", "").isalpha() else name
    return said[:1].upper() + said[1:]


def _score(score: Score, paper: Paper, room: Path, lyrics: Lyrics | None) -> list[_Job]:
    musicxml.write(score, room / "score.musicxml", paper, lyrics)
    staves = sum(len(staves_of(t, score.meter, score.bars, tidy=True)) for t in score.tracks)
    return [_Job("score.musicxml", "score.pdf", "score.png", _unit(staves))]


def _parts(score: Score, paper: Paper, room: Path, lyrics: Lyrics | None) -> list[_Job]:
    jobs = []
    singing = singer(score, lyrics) if lyrics else None
    for number, track in enumerate(score.tracks, start=1):
        alone = score.with_tracks([track])
        if track.is_drum:
            alone = replace(alone, chords=())
        name = f"part-{number:02d}"
        said = replace(paper, kind="part", note=track.name)
        sung = lyrics if number - 1 == singing else None
        musicxml.write(alone, room / f"{name}.musicxml", said, sung)
        jobs.append(_Job(f"{name}.musicxml", f"{name}.pdf", "", _unit(2)))
    return jobs


def _lead(score: Score, paper: Paper, room: Path, lyrics: Lyrics | None) -> list[_Job]:
    alone = score.with_tracks([lead_of(score, lyrics)])
    said = replace(paper, kind="lead", note="")
    musicxml.write(alone, room / "lead.musicxml", said, lyrics)
    return [_Job("lead.musicxml", "lead.pdf", "lead.png", _unit(1))]


_WRITERS = {"score": _score, "parts": _parts, "lead": _lead}


def lead_of(score: Score, lyrics: Lyrics | None = None) -> Track:
    """The tune alone, one note at a time; empty where there are only chords.

    It is the part that sings, else the melody, else the highest part.

    Raises
    ------
    Refusal
        When there is neither a tune nor a chord.
    """
    pitched = [t for t in score.tracks if t.notes and not t.is_drum]
    singing = singer(score, lyrics) if lyrics else None
    found = None if singing is None else score.tracks[singing]
    found = found or next((t for t in pitched if t.role == "melody"), None)
    if found is None and pitched:
        found = max(pitched, key=lambda t: sum(n.pitch for n in t.notes) / len(t.notes))
    if found is None:
        if not score.chords:
            raise Refusal(
                "A lead sheet needs a tune or chords, and this piece has neither; ask for the "
                "score or the parts."
            )
        return Track("Chords", "melody", 0)
    return replace(found, notes=top_line(found.notes))


def _unit(staves: int) -> float:
    return next(unit for most, unit in _UNITS if staves <= most)


def _run(jobs: Sequence[_Job], room: Path) -> None:
    """Engrave in a process of its own; it imports nothing of ours and sees only this folder."""
    chinese = find_chinese()
    order = {
        "jobs": [asdict(job) for job in jobs],
        "fonts": [str(chinese[0])] if chinese else [],
        "families": [ImageFont.truetype(str(chinese[0]), 12, chinese[1]).getname()[0]]
        if chinese
        else [],
    }
    (room / "jobs.json").write_text(json.dumps(order), encoding="utf-8")
    command = [sys.executable, "-I", str(Path(__file__).with_name("sheet_worker.py")), str(room)]
    try:
        done = subprocess.run(
            command, timeout=_TIMEOUT, capture_output=True, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Refusal(FAILED) from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace")[-500:]
        raise Refusal(FAILED) from RuntimeError(f"engraver: {done.returncode} {reason}")


def _moved(source: Path, target: Path) -> Path:
    partial = target.with_name(target.name + ".part")
    partial.write_bytes(source.read_bytes())
    return partial.replace(target)


def _packed(parts: Sequence[Path], tracks: Sequence[Track], target: Path) -> Path:
    partial = target.with_name(target.name + ".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (path, track) in enumerate(zip(parts, tracks, strict=True), start=1):
            kept = "".join(c if c.isalnum() or c in " -_" else "_" for c in track.name).strip()
            archive.write(path, f"{number:02d} {kept[:60] or 'part'}.pdf")
    return partial.replace(target)

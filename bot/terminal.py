"""Segno without Discord: the same studio, a progress bar, and plain files.

In: text or a brief file. Out: `piece.json`, `.mid`, `.musicxml`, `.mp3` and `.png` in a folder, and
either a few lines for a person or one JSON object for a script.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table as Grid

from bot import lyrics_ask, wording
from bot.agent.understand import language, read
from bot.bench import Table
from bot.domain import Clip, Melody, Progress, Request
from bot.i18n import translate
from bot.intake import SCORES, sniff
from bot.piece import PieceFile
from bot.policy import TOO_LONG
from bot.reading import reader
from bot.recipe import players, recipe
from bot.settings import Settings
from bot.wardrobe import folder_of
from models.composer.source import source_of_score
from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.score import Score

MISSING = "There is no file “{name}”; check its path."


def make_from_text(
    text: str, out: Path, seed: int | None, as_json: bool, style: str | None = None
) -> None:
    """Read a text in the person's language, make the piece or the song, say what was done.

    `style` is the name of a style learned here.

    Raises
    ------
    Refusal
        Already in the person's language.
    """
    locale = language(text)
    try:
        request = request_of(text)
        if request.kind == "song":
            make_song(request, out, seed, as_json, style)
            return
        brief = request.brief if seed is None else replace(request.brief, seed=seed)
        notes = notes_of(text)
        if {"taste", "taste-us"} & set(read(text).wants):
            from bot import taste_cli

            brief, taken = taste_cli.filled(brief, brief.seed, locale)
            notes += [translate(template, locale, **values) for template, values in taken]
        _make(brief, out, as_json, locale, {"text": text, "notes": notes}, style)
    except Refusal as refusal:
        refusal.args = (translate(refusal.template, locale, **refusal.values),)
        raise


def request_of(text: str) -> Request:
    """What a text asks for: a piece, or a song where it wants words.

    Raises
    ------
    Refusal
        When it asks for what cannot be.
    """
    reading = read(text)
    if "lyrics" not in reading.wants:
        return Request("compose", reading.brief, text, language(text))
    words = lyrics_ask.writing(reading.about)
    return Request("song", reading.brief, text, language(text), writing=words)


def notes_of(text: str) -> list[str]:
    """What was taken for granted, or not understood, when a text was read."""
    reading, locale = read(text), language(text)
    notes = [translate(template, locale, **values) for template, values in reading.notes]
    if reading.leftover:
        words = translate(", ", locale).join(reading.leftover)
        notes.append(translate("I did not understand: {words}", locale, words=words))
    return notes


def make_song(
    request: Request, out: Path, seed: int | None, as_json: bool, style: str | None = None
) -> None:
    """Write words, for music that exists or with music; `style` as in `make_from_text`.

    Raises
    ------
    Refusal
        When nothing can be made; `bot.writing.Misfits` when a person's own words do not fit.
    """
    from bot import wordsmith
    from bot.studio import Studio, clip_to_json, quiet

    settings = Settings()
    seed = request.brief.seed if seed is None else seed
    seed = secrets.randbelow(2**31) if seed is None else seed
    worn = folder_of(settings, style) if style else None
    open_folder(out)
    studio = Studio.of(settings)
    studio = studio.in_style(worn) if worn else studio
    started = time.perf_counter()
    if as_json:
        clip = wordsmith.make(studio, request, seed, out, out, quiet)
    else:
        with progress_bar("planning the piece", request.locale) as show:
            clip = wordsmith.make(studio, request, seed, out, out, show)
    seconds = time.perf_counter() - started
    notes = notes_of(request.text) if request.kind == "song" else []
    if as_json:
        timing = {"making": round(seconds, 2), **{k: round(v, 2) for k, v in clip.stages.items()}}
        more = {"text": request.text, "notes": notes, "timing": timing}
        print(json.dumps({**clip_to_json(clip), **more}, ensure_ascii=False))
        return
    _tell(clip, request.locale, notes, seconds)
    print(f"\n{(out / 'lyrics.txt').read_text(encoding='utf-8')}")


def make_from_file(path: Path, out: Path, as_json: bool, style: str | None = None) -> None:
    """Make exactly what a brief file states, in the style of that name where one is given.

    Raises
    ------
    Refusal
        When the file is missing, is not JSON, or asks for something impossible.
    """
    _make(read_brief(path), out, as_json, "en", {}, style)


def read_brief(path: Path) -> Brief:
    """Read a brief file.

    Raises
    ------
    Refusal
        When the file is missing, is not JSON, or asks for something impossible.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(MISSING, name=path.name) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refusal(
            "“{name}” is not valid JSON ({reason}); write it like {example}.",
            name=path.name,
            reason=str(error).split(":")[0],
            example='{"style": "waltz", "key": "D minor"}',
        ) from None
    return brief_from_json(raw)


def place_of(path: Path, longest: float | None = None) -> str:
    """A MIDI or MusicXML file or a piece's folder, as a `Rework` names it.

    Raises
    ------
    Refusal
        When there is nothing, a folder holds no piece, or a file holds nothing to work on or lasts
        more than `longest` seconds.
    """
    if path.is_dir():
        check_piece(path)
    else:
        check_music(path)
        seconds = source_of_score(reader.read(path)).plan.length
        if longest is not None and seconds > longest:
            raise Refusal(TOO_LONG, asked=f"{seconds:.0f}", most=f"{longest:g}")
    return str(path.resolve())


def check_piece(path: Path) -> None:
    """Refuse a folder that is no finished piece.

    Raises
    ------
    Refusal
        When it holds no `piece.json`.
    """
    if not (path / "piece.json").exists():
        raise Refusal(
            "The folder “{name}” holds no piece (piece.json); name a file in it.",
            name=path.resolve().name,
        )


def check_music(path: Path, kinds: Collection[str] = SCORES) -> None:
    """Refuse what its first bytes show to be no music, before anything is loaded to read it.

    Raises
    ------
    Refusal
        When there is no such file, or it is empty or of none of these kinds.
    """
    if not path.is_file():
        raise Refusal(MISSING, name=path.name)
    sniff(path.read_bytes(), path.name, kinds=kinds)


def make_rework(request: Request, out: Path, seed: int | None, as_json: bool) -> None:
    """Do something with music that exists; several results go into `out`/1, `out`/2, ...

    Raises
    ------
    Refusal
        When the music cannot be read or does not allow it.
    """
    from bot.rework import draft

    make_drafts(request, lambda s, n: draft(request, n, out, s.composer), out, seed, as_json)


def make_drafts(
    request: Request,
    drafts_of: Callable[[Any, int], Sequence[tuple[PieceFile, Melody | Score]]],
    out: Path,
    seed: int | None,
    as_json: bool,
) -> None:
    """Record what `drafts_of` a studio and a seed are; several go into `out`/1, `out`/2, ...

    Raises
    ------
    Refusal
        When `out` cannot be written, or nothing can be made.
    """
    from bot import wordsmith
    from bot.studio import Studio, clip_to_json

    settings = Settings()
    seed = secrets.randbelow(2**31) if seed is None else seed
    open_folder(out)
    studio = Studio.of(settings)
    studio = studio.in_style(Path(request.style)) if request.style else studio
    started = time.perf_counter()
    drafts = drafts_of(studio, seed)
    words = wordsmith.staying(request, out)
    clips: list[Clip] = []
    for number, (sketch, given) in enumerate(drafts, 1):
        folder = out / str(number) if len(drafts) > 1 else out
        before = time.perf_counter() if clips else started
        clips.append(_recorded(studio, sketch, folder, as_json, given, words))
        if not as_json:
            _tell(clips[-1], request.locale, (), time.perf_counter() - before)
    if as_json:
        made = [clip_to_json(clip) for clip in clips]
        timing = {"making": round(time.perf_counter() - started, 2)}
        print(json.dumps({"clips": made, "seed": seed, "timing": timing}, ensure_ascii=False))


def _make(
    brief: Brief,
    out: Path,
    as_json: bool,
    locale: str,
    extra: dict[str, Any],
    style: str | None = None,
) -> None:
    from bot.studio import Studio, clip_to_json, sketch_of

    settings = Settings()
    seed = brief.seed if brief.seed is not None else secrets.randbelow(2**31)
    sketch = sketch_of(brief, seed, locale)  # a contradiction is said before models load
    worn = folder_of(settings, style) if style else None
    open_folder(out)
    loading = time.perf_counter()
    studio = Studio.of(settings)
    studio = studio.in_style(worn) if worn else studio
    started = time.perf_counter()
    clip = _recorded(studio, sketch, out, as_json)
    finished = time.perf_counter()
    seconds = {"loading": started - loading, "making": finished - started}
    if as_json:
        timing = {k: round(v, 2) for k, v in (*seconds.items(), *clip.stages.items())}
        print(json.dumps({**clip_to_json(clip), **extra, "timing": timing}, ensure_ascii=False))
    else:
        _tell(clip, locale, extra.get("notes", ()), seconds["making"])


def open_folder(out: Path) -> None:
    """Make the folder for the files.

    Raises
    ------
    Refusal
        When nothing can be written there.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=out).close()
    except OSError:
        raise Refusal(
            "I cannot write into the folder “{name}”; name another with --out.", name=out.name
        ) from None


def _recorded(
    studio: Any,
    sketch: PieceFile,
    out: Path,
    as_json: bool,
    given: Melody | Score | None = None,
    words: Callable[[PieceFile, Score], PieceFile] | None = None,
) -> Clip:
    """Record a piece, with a progress bar for people."""
    locale = sketch.locale
    if as_json:
        quiet: Clip = studio.record(sketch, out, given=given, words=words)
        return quiet
    with progress_bar("planning the piece", locale) as show:
        clip: Clip = studio.record(sketch, out, show, given=given, words=words)
        return clip


@contextmanager
def progress_bar(label: str, locale: str = "en") -> Iterator[Callable[[Progress], None]]:
    """A bar on standard error while the block runs; yields what moves it."""
    columns = (
        TextColumn("{task.completed}/{task.total}"),
        BarColumn(24),
        TextColumn("{task.description}"),
    )
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(translate(label, locale), total=4, completed=1)

        def show(progress: Progress) -> None:
            said = translate(progress.label, locale)
            bar.update(task, completed=progress.step, total=progress.of, description=said)

        yield show


def _tell(clip: Clip, locale: str, notes: Iterable[str], seconds: float) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{clip.facts['title']}[/bold]")
    console.print(recipe(clip.facts, locale))
    console.print(players(clip.facts, locale))
    if done := wording.done(clip.facts, locale, lambda text, length: text[:length]):
        console.print(done, markup=False)
    report = clip.facts["verification"]
    console.print(
        translate("Read back from the files: {passed} of {of} checks hold.", locale, **report)
    )
    for note in (*report["failed"], *notes):
        console.print(f"- {note}", markup=False)
    for path in clip.files.values():
        console.print(f"  {path}", markup=False)
    console.print(
        translate(
            "seed {seed} · made in {seconds} s",
            locale,
            seed=clip.facts["seed"],
            seconds=round(seconds, 1),
        )
    )


def print_table(table: Table) -> None:
    """A benchmark's rows with target and comparison, for people."""
    grid = Grid(title=f"{table.name}: {table.cases} cases, seed {table.seed}", title_justify="left")
    for heading in ("measure", "value", "target", "reference"):
        grid.add_column(heading, justify="right" if heading == "value" else "left")
    for name, row in table.rows.items():
        grid.add_row(name, f"{row.value:g} {row.unit}".strip(), row.target, row.reference)
    console = Console(highlight=False)
    console.print(grid)
    for note in table.notes:
        console.print(note)
    for name, lines in table.details.items():
        for line in lines if isinstance(lines, list) else [lines]:
            console.print(f"{name}: {line}", markup=False)


def print_findings(findings: Iterable[Any]) -> None:
    """What `doctor` found, one line each, remedies under what is missing."""
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        mark = "[green]ok[/green]  " if finding.ok else "[red]miss[/red]"
        console.print(f"{mark} {finding.name}: {finding.detail}")
        if not finding.ok and finding.remedy:
            console.print(f"       {finding.remedy}", markup=False)
    sys.stdout.flush()

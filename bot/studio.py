"""The studio: one request in, finished pieces on disk out. Runs in a worker or the terminal.

In: a `Request`, a seed and the folder of all pieces. Out: `Clip`s whose files are written
(`piece.json`, `.mid`, `.musicxml`, `.mp3`, `.png`). The same request and seed give the same music,
so a job that runs again after a crash answers with the same piece. Only here do all makers meet.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot import arranging, editing, worded, wordsmith, writing
from bot.domain import Clip, Melody, OnProgress, Progress, Request, Rework
from bot.files import PAPER, files_in, remove_files
from bot.piece import Lineage, PieceFile, facts_of
from bot.recording import Recording, Stopwatch, Written
from bot.render import audio, encode, picture, sheet, vocal
from bot.render.failures import disk_errors
from bot.render.fluidsynth import Audio
from bot.render.soundfont import find_soundfont
from bot.rework import draft
from bot.settings import Settings
from bot.styles import Fitting
from bot.wardrobe import STYLES
from models import midi, musicxml
from models.arranger.generate import Arranger, load_arranger
from models.arranger.whole import arrange
from models.composer.generate import Composer, compose, load_composer
from models.performance import perform, repeat, write_performance
from models.planner import extend_plan, make_plan
from models.planner.brief import Brief
from models.planner.plan import Plan
from models.score import Score
from models.verify import Check, failed, verify

#: How often a piece that fails its own check is written again with another melody.
MAX_TRIES = 3
#: What an attachment may weigh when the asker's limit is not known (Discord's default is 10 MiB).
MAX_BYTES = 9_500_000


#: Puts words on a piece whose score is written; the piece as it is when there are none.
Words = Callable[[PieceFile, Score], PieceFile]


def quiet(_: Progress) -> None:
    """Progress for nobody."""


@dataclass(frozen=True)
class Studio:
    """Models and soundfont, held for the life of a process."""

    composer: Composer
    arranger: Arranger
    soundfont: Path
    fitting: Fitting = field(default_factory=Fitting)
    told: Mapping[str, Any] = field(default_factory=dict)  # facts of every piece made in a style
    writers: writing.Writers = field(default_factory=writing.Writers)

    @classmethod
    def of(cls, settings: Settings) -> Studio:
        """The studio as its owner set it up; raises as `open`."""
        return cls.open(settings.soundfont, settings.threads_per_worker, settings.lyrics_model)

    @classmethod
    def open(
        cls, soundfont: Path | None = None, threads: int = 1, lyrics_model: str | None = None
    ) -> Studio:
        """Load the models; find a soundfont when none is named.

        `lyrics_model` is a causal model that writes English words in place of SmolLM2.

        Raises
        ------
        Refusal
            When a weight or the soundfont is missing.
        """
        import torch

        torch.set_num_threads(threads)
        writers = writing.Writers()
        if lyrics_model:
            writers = writing.Writers(english=partial(writing.english, lyrics_model))
        return cls(load_composer(), load_arranger(), find_soundfont(soundfont), writers=writers)

    def make(
        self, request: Request, seed: int, pieces: Path, on_progress: OnProgress = quiet
    ) -> list[Clip]:
        """Carry out a request; new pieces land in `pieces/<id>/`.

        Raises
        ------
        Refusal
            When the request cannot be met, or the parent piece is gone.
        """
        if request.style and not self.told:
            worded = request.kind in ("lyrics", "song")
            dressed = self.in_style(pieces.parent / STYLES / request.style, worded=worded)
            if not dressed.told:
                request = replace(request, style=None)  # a style of words, and none are asked for
            return dressed.make(request, seed, pieces, on_progress)
        if request.kind in ("lyrics", "song"):
            folder = pieces / piece_id(request, seed, 0)
            return [wordsmith.make(self, request, seed, pieces, folder, on_progress)]
        on_progress(Progress(1, 4, "planning the piece"))
        if request.kind == "export":
            return [self.export(pieces / str(request.parent), request.formats)]
        if request.kind == "takes":
            return self._takes(request, seed, pieces, on_progress)
        if request.kind == "rework":
            return self._rework(request, seed, pieces, on_progress)
        if request.kind == "arrange":
            on_progress(Progress(3, 4, "arranging the band"))
            makers = arranging.Makers(self.composer, self.arranger)
            sketch, given = arranging.draft(request, seed, pieces, makers)
            folder = pieces / piece_id(request, seed, 0)
            voice = "voice" in request.formats
            words = wordsmith.staying(request, pieces)
            return [self.record(sketch, folder, on_progress, voice=voice, given=given, words=words)]
        if request.kind == "edit":
            on_progress(Progress(2, 4, "changing the piece"))
            makers = arranging.Makers(self.composer, self.arranger)
            sketch, given = editing.draft(request, seed, pieces, makers)
            folder = pieces / piece_id(request, seed, 0)
            voice, words = "voice" in request.formats, wordsmith.carried(sketch)
            return [self.record(sketch, folder, on_progress, voice=voice, given=given, words=words)]
        if request.kind == "extend":
            parent = PieceFile.load(pieces / str(request.parent))
            # Where its melody is not its seed's, or goes on in another manner: from the notes.
            if self.told or {"rework", "learned_style"} & parent.facts.keys():
                onward = Rework("continue", source=parent.id)
                return self._rework(replace(request, rework=onward), seed, pieces, on_progress)
            longer = extend_plan(parent.plan, request.bars)
            sketch = replace(
                parent,
                brief=replace(parent.brief, seconds=None, bars=longer.bars),
                plan=longer,
                lineage=Lineage(parent.id, "extend"),
            )
        else:
            sketch = sketch_of(request.brief, seed, request.locale)
        folder = pieces / piece_id(request, seed, 0)
        return [self.record(sketch, folder, on_progress, voice="voice" in request.formats)]

    def in_style(self, folder: Path, *, worded: bool = False) -> Studio:
        """The same studio, composing in the learned style of a folder, and writing in its voice.

        A style that was learned from words alone is told of where words are asked for (`worded`).

        Raises
        ------
        Refusal
            When the style is gone.
        """
        name, composer = self.fitting.wear(self.composer, folder)
        told = {"learned_style": name} if worded or composer is not self.composer else {}
        writers = replace(self.writers, voice=self.fitting.voice(folder))
        return replace(self, composer=composer, told=told, writers=writers)

    def _takes(
        self, request: Request, seed: int, pieces: Path, on_progress: OnProgress
    ) -> list[Clip]:
        if request.parent:
            parent = PieceFile.load(pieces / request.parent)
            base = replace(parent, take=parent.take + 1, lineage=Lineage(parent.id, "take"))
        else:
            base = sketch_of(request.brief, seed, request.locale)
        recordings = []
        for number in range(request.takes):
            on_progress(Progress(number + 1, request.takes, "recording the variations"))
            take = base.take + number
            # Another melody over the same plan: far apart from the seeds that a retry draws.
            sketch = replace(base, take=take, melody_seed=seed + 1_000_003 * take)
            recordings.append(self._recording(sketch, pieces / piece_id(request, seed, take)))
        # Only now: what a job that is stopped leaves behind must be told from what is kept.
        return [recording.save() for recording in recordings]

    def _rework(
        self, request: Request, seed: int, pieces: Path, on_progress: OnProgress
    ) -> list[Clip]:
        on_progress(Progress(2, 4, "writing the melody"))
        drafts = draft(request, seed, pieces, self.composer)
        one = len(drafts) == 1
        recordings = []
        for number, (sketch, melody) in enumerate(drafts, 1):
            if not one:
                on_progress(Progress(number, len(drafts), "recording the variations"))
            folder = pieces / piece_id(request, seed, sketch.take)
            voice = one and "voice" in request.formats
            shown = on_progress if one else quiet
            recordings.append(self._recording(sketch, folder, shown, voice=voice, given=melody))
        return [recording.save() for recording in recordings]

    def record(
        self,
        sketch: PieceFile,
        folder: Path,
        on_progress: OnProgress = quiet,
        *,
        voice: bool = False,
        given: Melody | Score | None = None,
        words: Words | None = None,
    ) -> Clip:
        """Write, check, perform, render and draw one planned piece into `folder`.

        `voice` also encodes it for a voice message, for those who set that in /settings; a melody
        or a whole score that is `given` is taken as it is instead of being written. `words` puts
        words on the score, or none.
        """
        return self._recording(
            sketch, folder, on_progress, voice=voice, given=given, words=words
        ).save()

    def _recording(
        self,
        sketch: PieceFile,
        folder: Path,
        on_progress: OnProgress = quiet,
        *,
        voice: bool = False,
        given: Melody | Score | None = None,
        words: Words | None = None,
    ) -> Recording:
        with disk_errors():
            folder.mkdir(parents=True, exist_ok=True)
            remove_files(folder)  # the mark above all: what is interrupted now is not finished
            watch = Stopwatch({})
            written = self.write(sketch, folder, watch, on_progress, given)
            sketch = replace(sketch, lyrics=None, facts={})  # a parent's are for its own melody
            if words:
                with watch("words"):
                    sketch, written = _worded(sketch, written, folder, words)
            on_progress(Progress(4, 4, "recording"))
            with ThreadPoolExecutor(1) as other_core:
                drawn = other_core.submit(_draw, written.score, sketch, folder, watch)
                rendered = self.render(written.score, sketch.plan, watch)
                with watch("mp3"):
                    encode.encode_mp3(
                        rendered.audio,
                        folder / "piece.mp3",
                        max_bytes=MAX_BYTES,
                        title=written.score.title,
                        artist="Segno",
                    )
                if sketch.plan.loop:  # MP3 pads its ends: a loop also comes sample-exact
                    encode.encode_loop(rendered.audio, folder / "loop.flac", MAX_BYTES)
                waveform = (
                    encode.encode_voice(rendered.audio, folder / "voice.ogg") if voice else b""
                )
                drawn.result()
            worded.write_times(sketch, written.score, folder, rendered.seconds)
            piece = replace(
                sketch,
                id=folder.name,
                melody_seed=written.melody_seed,
                verification=written.checks,
                facts={
                    **sketch.facts,
                    **facts_of(sketch, written.checks, written.tries, rendered.seconds),
                    **self.told,
                },
            )
        return Recording(piece, folder, watch.stages, waveform)

    def write(
        self,
        sketch: PieceFile,
        folder: Path,
        watch: Stopwatch,
        on_progress: OnProgress = quiet,
        given: Melody | Score | None = None,
    ) -> Written:
        """Compose and arrange a plan, write MIDI and MusicXML, and read both back.

        A piece that fails its check is composed again, at most `MAX_TRIES` times; the last try
        stands and its failed checks are reported, never hidden. What is `given` has one try.
        """
        plan = sketch.plan
        first: tuple[Check, ...] = ()
        for attempt in range(1 if given else MAX_TRIES):
            seed = sketch.melody_seed + 7_919 * attempt
            score = self._score(plan, seed, watch, on_progress, given)
            with watch("files"):
                midi.write(score, folder / "piece.mid")
                musicxml.write(score, folder / "piece.musicxml")
            with watch("check"):
                checks = verify(plan, folder / "piece.mid", folder / "piece.musicxml")
            first = first or checks
            if not failed(checks):
                break
        return Written(score, seed, first, checks, attempt + 1)

    def _score(
        self,
        plan: Plan,
        seed: int,
        watch: Stopwatch,
        on_progress: OnProgress,
        given: Melody | Score | None,
    ) -> Score:
        if isinstance(given, Score):
            return given
        on_progress(Progress(2, 4, "writing the melody"))
        with watch("melody"):
            melody = given or compose(plan, self.composer, seed)
        on_progress(Progress(3, 4, "arranging the band"))
        with watch("arrangement"):
            return arrange(plan, melody, self.arranger, seed)

    def render(self, score: Score, plan: Plan, watch: Stopwatch) -> audio.Rendered:
        """Perform a score, play it through FluidSynth and master it."""
        with TemporaryDirectory() as scratch:
            with watch("performance"):
                path, loop = _performance(score, plan, Path(scratch))
            rendered = self._play(path, score, plan, loop)
        watch.stages.update(rendered.stages)
        return rendered

    def stems(self, folder: Path) -> dict[str, Audio]:
        """Each track of a finished piece alone, as it sounds in the mix: (samples, 2) at 48 kHz."""
        piece, score = PieceFile.load(folder), midi.read(folder / "piece.mid")
        with TemporaryDirectory() as scratch:
            path, loop = _performance(score, piece.plan, Path(scratch))
            mix = self._play(path, score, piece.plan, loop)
            return audio.render_stems(
                path, mix, soundfont=self.soundfont, seconds=score.seconds, loop=loop
            )

    def _play(
        self, performance: Path, score: Score, plan: Plan, loop: audio.Loop | None
    ) -> audio.Rendered:
        return audio.render_clip(
            performance,
            soundfont=self.soundfont,
            seconds=score.seconds,
            asked=plan.seconds,
            loop=loop,
        )

    def export(self, folder: Path, formats: tuple[str, ...]) -> Clip:
        """More files of a finished piece, beside the ones it has."""
        piece = PieceFile.load(folder)
        score = midi.read(folder / "piece.mid")
        waveform = b""
        if {"wav", "voice"} & set(formats):
            rendered = self.render(score, piece.plan, Stopwatch({}))
            if "wav" in formats:
                encode.encode_lossless(rendered.audio, folder / "piece.wav", MAX_BYTES)
            if "voice" in formats:
                waveform = encode.encode_voice(rendered.audio, folder / "voice.ogg")
        if "stems" in formats:
            encode.encode_stems(self.stems(folder), folder / "stems.zip", MAX_BYTES)
        put_on_paper(folder, formats)
        worded.put_words(folder, formats)
        if "sung" in formats:
            lyrics = worded.words_of(piece)
            vocal.with_voice(
                score, piece.plan, lyrics, folder, soundfont=self.soundfont, max_bytes=MAX_BYTES
            )
        return Clip(piece.id, folder, files_in(folder), piece.facts, waveform=waveform)


def sketch_of(brief: Brief, seed: int, locale: str = "en") -> PieceFile:
    """A brief decided, not yet written; the brief keeps the seed so that it makes the same again.

    Raises
    ------
    Refusal
        When the brief contradicts itself.
    """
    plan = make_plan(brief, seed, locale)
    return PieceFile(replace(brief, seed=seed), plan, melody_seed=seed, locale=locale)


def put_on_paper(folder: Path, formats: Iterable[str]) -> None:
    """Engrave what of `formats` belongs on paper, from a finished piece's own files.

    Raises
    ------
    Refusal
        When the piece is gone, or the engraver fails.
    """
    what = [name for name in PAPER if name in formats]
    if what:
        piece = PieceFile.load(folder)
        paper = sheet.paper_for(piece.plan, piece.locale)
        score = musicxml.read(folder / "piece.musicxml")
        sheet.engrave(score, folder, what=what, paper=paper, lyrics=piece.lyrics)


def piece_id(request: Request, seed: int, take: int) -> str:
    """A short name for a piece, the same for the same request, seed and take."""
    content = f"{request!r}|{seed}|{take}".encode()
    return base64.b32encode(hashlib.sha256(content).digest())[:8].decode().lower()


def clip_to_json(clip: Clip) -> dict[str, Any]:
    """A clip as the job table and `--json` show it."""
    return {
        "piece_id": clip.piece_id,
        "folder": str(clip.folder),
        "files": {kind: str(path) for kind, path in clip.files.items()},
        "facts": dict(clip.facts),
        "waveform": base64.b64encode(clip.waveform).decode(),
    }


def _performance(score: Score, plan: Plan, scratch: Path) -> tuple[Path, audio.Loop | None]:
    """Write the human performance of a score (three passes of a loop) for FluidSynth."""
    performance = perform(score, plan, plan.seed)
    loop = audio.Loop(score.beats, score.beats * 60 / score.seconds) if plan.loop else None
    if loop:
        performance = repeat(performance, audio.LOOP_PASSES)
    path = scratch / "performance.mid"
    write_performance(performance, path)
    return path, loop


def _worded(
    sketch: PieceFile, written: Written, folder: Path, words: Words
) -> tuple[PieceFile, Written]:
    """The piece with words on its score, and what its files then hold; as it is without any."""
    said = words(sketch, written.score)
    if said.lyrics is None:
        return said, written
    checks = worded.write(said, written.score, folder)
    return said, replace(
        written, checks=checks, score=replace(written.score, title=said.plan.title)
    )


def _draw(score: Score, sketch: PieceFile, folder: Path, watch: Stopwatch) -> None:
    with watch("picture"):
        picture.piano_roll(score, folder / "piece.png", sketch.locale)
    if sketch.lyrics:
        with watch("sheet"):
            worded.engrave(sketch, score, folder)

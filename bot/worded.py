"""A piece with words, on disk: notes, sheet, text and karaoke files that carry them.

In: a sketch, its score and its `Lyrics`. Out: the piece, called as its words are, its files in
a folder, and checks of what was read back from them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bot import lrc
from bot.domain import Writing
from bot.files import NAMES, WORDS
from bot.lyrics_ask import NO_WORDS
from bot.lyrics_text import stanzas
from bot.piece import PieceFile
from bot.render import sheet
from models import midi, musicxml
from models.errors import Refusal
from models.lyrics import Lyrics
from models.score import Score
from models.verify import Check, verify

#: What sounds and looks the same with words or without.
SOUND = ("mp3", "loop", "png", "wav", "stems")


def titled(sketch: PieceFile, lyrics: Lyrics, asked: Writing | None = None) -> PieceFile:
    """The piece called what its song is called, unless its asker gave it a name."""
    own = sketch.brief.title or asked is None or asked.act == "reline"
    title = asked.name if asked and asked.name else ""
    title = title or (sketch.plan.title if own else lyrics.title) or sketch.plan.title
    return replace(
        sketch,
        plan=replace(sketch.plan, title=title),
        lyrics=replace(lyrics, title=title),
    )


def write(piece: PieceFile, score: Score, folder: Path) -> tuple[Check, ...]:
    """Write the files that carry the words of a piece; read them back and compare."""
    lyrics = piece.lyrics
    if lyrics is None:
        raise ValueError("a piece without words")
    score = replace(score, title=piece.plan.title)
    midi.write(score, folder / "piece.mid", lyrics)
    midi.write_kar(score, folder / "karaoke.kar", lyrics)
    musicxml.write(score, folder / "piece.musicxml", lyrics=lyrics)
    (folder / "lyrics.txt").write_text(text_of(lyrics, score, piece.locale), encoding="utf-8")
    checks = verify(piece.plan, folder / "piece.mid", folder / "piece.musicxml")
    return *checks, sung_check(lyrics, score, folder)


def write_times(piece: PieceFile, score: Score, folder: Path, seconds: float) -> None:
    """Write the words timed to a recording of so many seconds, for music players."""
    if piece.lyrics:
        text = lrc.lrc(score, piece.plan, piece.lyrics, seconds)
        (folder / "lyrics.lrc").write_text(text, encoding="utf-8")


def sung_check(lyrics: Lyrics, score: Score, folder: Path) -> Check:
    """Whether the syllables in the MusicXML file are the words, each where a note begins."""
    asked = [(s.text, round(s.onset, 3)) for line in lyrics.lines for s in line.sung]
    read = musicxml.read_words(folder / "piece.musicxml")
    found = [(s.text, round(s.onset, 3)) for line in read.lines for s in line.sung] if read else []
    melody = score.track("melody")
    onsets = {round(n.onset, 3) for n in melody.notes} if melody else set()
    ok = asked == found and all(onset in onsets for _, onset in asked)
    return Check("words", f"{len(asked)} syllables", f"{len(found)} syllables", ok)


def fits(lyrics: Lyrics, score: Score) -> bool:
    """Whether words can stay under a melody: every syllable has the note it had."""
    onsets = {round(n.onset, 2) for t in score.tracks if not t.is_drum for n in t.notes}
    return all(round(one.onset, 2) in onsets for line in lyrics.lines for one in line.sung)


def engrave(piece: PieceFile, score: Score, folder: Path) -> None:
    """The lead sheet with words under its notes.

    Raises
    ------
    Refusal
        When the engraver fails or takes too long.
    """
    paper = sheet.paper_for(piece.plan, piece.locale)
    score = replace(score, title=piece.plan.title)
    sheet.engrave(score, folder, what=("lead",), paper=paper, lyrics=piece.lyrics)


def copy_sound(home: Path, folder: Path, kinds: Iterable[str] = SOUND) -> None:
    """Copy what sounds and looks the same from the piece whose words are written."""
    for name in (name for kind in kinds for name in NAMES[kind]):
        if (home / name).is_file():
            shutil.copyfile(home / name, folder / name)


def put_words(folder: Path, formats: Iterable[str]) -> None:
    """Write what of `formats` are files of its words (`files.WORDS`) beside a finished piece.

    Raises
    ------
    Refusal
        When the piece is gone or has no words.
    """
    if not set(WORDS) & set(formats):
        return
    piece, score = PieceFile.load(folder), midi.read(folder / "piece.mid")
    lyrics = words_of(piece)
    if "txt" in formats:
        text = text_of(lyrics, score, piece.locale)
        (folder / "lyrics.txt").write_text(text, encoding="utf-8")
    if "lrc" in formats:
        write_times(piece, score, folder, piece.facts["seconds"])
    if "kar" in formats:
        midi.write_kar(score, folder / "karaoke.kar", lyrics)


def words_of(piece: PieceFile) -> Lyrics:
    """The words of a piece.

    Raises
    ------
    Refusal
        When it has none.
    """
    if piece.lyrics is None:
        raise Refusal(NO_WORDS, title=piece.plan.title)
    return piece.lyrics


def text_of(lyrics: Lyrics, score: Score, locale: str) -> str:
    """The words as a text file: title, and stanzas under their sections' names.

    Of a stanza that returns only the name comes again.
    """
    names = [section.name for section in score.sections]
    blocks = [
        "\n".join([f"[{stanza.head}]", *(() if stanza.again else stanza.lines)])
        for stanza in stanzas(lyrics, names, locale)
    ]
    return "\n\n".join([lyrics.title, *blocks]) + "\n"

"""`python -m bot lyrics` and `song`: words for music, and music with words, without Discord.

In: a file of notes, the folder of a finished piece, or nothing (words first). Out: the files of
`compose` in --out, with the words under the notes, as text and for karaoke.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bot.domain import Request, Writing
from models.errors import Refusal

Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the files.")]
Seed = Annotated[int | None, typer.Option(help="Same music, same seed, same words.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]
Theme = Annotated[
    str | None, typer.Option(help='What the words are about, such as "leaving home, hopeful".')
]
Mood = Annotated[str | None, typer.Option(help="Such as wistful; else the piece's own.")]
Scheme = Annotated[str | None, typer.Option(help="Rhymes, such as ABAB; X rhymes with nothing.")]
Language = Annotated[str | None, typer.Option(help="en or zh.")]
Explicit = Annotated[bool, typer.Option("--explicit", help="Allow coarse words.")]
FirstLine = Annotated[str | None, typer.Option(help="Your own first line.")]
Required = Annotated[str | None, typer.Option("--words", help="Words that must come.")]
Title = Annotated[str | None, typer.Option(help="What the song is called.")]
Sing = Annotated[bool, typer.Option("--sing", help="Also a demo sung by a robot.")]
Worn = Annotated[str | None, typer.Option("--style", help="A style learned with style learn.")]


def lyrics(
    music: Annotated[
        Path | None,
        typer.Argument(help="MIDI, MusicXML, ABC, or the folder of a piece; none: words first."),
    ] = None,
    theme: Theme = None,
    mood: Mood = None,
    scheme: Scheme = None,
    language: Language = None,
    explicit: Explicit = False,
    first_line: FirstLine = None,
    words: Required = None,
    title: Title = None,
    lines: Annotated[Path | None, typer.Option(help="Text file of your own words.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Other words than a piece has.")] = False,
    line: Annotated[int | None, typer.Option(min=1, help="Write this line again.")] = None,
    like: Annotated[str, typer.Option(help="Words first: what the music is like.")] = "",
    sing: Sing = False,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Write words for a melody, or check and set your own; without music, words first."""
    from bot import lyrics_ask
    from bot.terminal import make_song

    asked = lyrics_ask.writing(
        theme, mood, scheme, language, explicit, first_line, words, title, sing
    )
    if lines is not None:
        asked = replace(lyrics_ask.own(_text(lines)), name=asked.name)
        asked = replace(
            asked, language=lyrics_ask.writing(language=language).language or asked.language
        )
    elif line is not None:
        asked = replace(asked, act="reline", line=line)
    elif again:
        asked = replace(asked, act="rewrite")
    if music is None:
        if asked.act in ("rewrite", "reline"):
            raise Refusal("Tell me which music to work on: a piece of mine, or a file.")
        request = _like(like, "lyrics")
        make_song(replace(request, writing=_placed(asked, request)), out, seed, as_json)
        return
    asked = replace(asked, source=_place(music), title="" if music.is_dir() else music.stem)
    locale = "zh" if asked.language == "zh" else "en"
    make_song(Request("lyrics", text=asked.about, locale=locale, writing=asked), out, seed, as_json)


def song(
    text: Annotated[str, typer.Argument(help='Such as "a folk song about the sea".')],
    theme: Theme = None,
    mood: Mood = None,
    scheme: Scheme = None,
    language: Language = None,
    explicit: Explicit = False,
    first_line: FirstLine = None,
    words: Required = None,
    title: Title = None,
    style: Worn = None,
    sing: Sing = False,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Make a song: compose, write words, arrange, render."""
    from bot import lyrics_ask
    from bot.terminal import make_song

    asked = lyrics_ask.writing(
        theme, mood, scheme, language, explicit, first_line, words, title, sing
    )
    request = _like(text, "song")
    make_song(replace(request, writing=_placed(asked, request)), out, seed, as_json, style)


def _like(text: str, kind: str) -> Request:
    """What the music is to be like, from words; what they say of words is in `writing`."""
    from bot.terminal import request_of

    if kind == "song":
        return replace(request_of(text), kind="song")
    return replace(request_of(text), kind="lyrics") if text.strip() else Request("lyrics")


def _placed(asked: Writing, request: Request) -> Writing:
    from bot import lyrics_ask

    return lyrics_ask.joined(asked, request.writing)


def _place(path: Path) -> str:
    """A file of notes or a piece's folder, as a `Writing` names it; what is no music is refused."""
    from bot.terminal import check_music, check_piece

    if path.is_dir():
        check_piece(path)
    else:
        check_music(path)
    return str(path.resolve())


def _text(path: Path) -> str:
    from bot.terminal import MISSING

    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refusal(MISSING, name=path.name) from None
    except (UnicodeDecodeError, OSError):
        raise Refusal(
            "“{name}” is no text that I can read; save it as UTF-8.", name=path.name
        ) from None


def train(data: Path, out: Path | None, cache: Path, language: str, publish: bool) -> Path:
    """Train the lyricist of a language ("en" or "zh"); with `publish` its weight is shipped.

    Raises
    ------
    Refusal
        When the language is none, or the data are not there.
    """
    from models import hub
    from models.lyricist import train as english
    from models.lyricist.chinese import train as chinese

    if language not in ("en", "zh"):
        raise Refusal(
            "I write words in English or Chinese; I cannot read “{text}”.", text=language[:20]
        )
    name = "lyricist" if language == "en" else "lyricist_zh"
    out = out or Path("out") / name
    try:
        if language == "en":
            weight = english.train(data, out, cache)
        else:
            weight = chinese.train(data, out, cache / "zh")
    except FileNotFoundError as error:
        raise Refusal("The data set is not there: {reason}", reason=str(error)) from None
    if publish:
        module = "models/lyricist/train" if language == "en" else "models/lyricist/chinese/train"
        shipped = [(name, weight)]
        if language == "en":  # the words it may choose from are learned with it
            shipped.append(("wordbook", out / "wordbook.safetensors"))
        for title, file in shipped:
            hub.publish(title, file, "Apache-2.0", f"{module}.py; see MODEL_CARD.md")
    return weight

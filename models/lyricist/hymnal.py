"""Hymns with people's words under the notes: what the lyricist is measured against.

In: a file of the Open Hymnal Project (ABC 2.1, abcnotation.com, with `w:` lines: "-" parts
syllables of a word, "*" and "_" hold one over another note, "~" is a space under one note, "|"
goes on to the next bar). Out: a `Hymn`: the tune as a `Score`, and each verse as syllables on its
notes. Nothing is learned from them; only hymns whose file says "public domain" are taken.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from models import abc, abc_text
from models.lyrics import Sung
from models.score import Score

Split = Literal["train", "validation", "test"]
_VOICE = re.compile(r"\[?V:\s*([^\]\s]+)\s*\]?")
_SYLLABLES = re.compile(r"\\-|[*_|-]|(?:[^\s*_|\\-]|\\(?!-))+|\s+")
_NUMBER = re.compile(r"^\d+(\(alt\))?[.,]?~?\s*")
_TOGETHER = 1e-6


@dataclass(frozen=True)
class Hymn:
    """A tune with its verses; `metre` is the syllables of each line, () where it is irregular.

    Each verse is its syllables in order, times in beats of `melody`. A refrain stands in every
    verse.
    """

    title: str
    tune: str
    metre: tuple[int, ...]
    melody: Score
    verses: tuple[tuple[Sung, ...], ...]


def split_of(tune: str) -> Split:
    """The fixed split of a tune: 20 % train, 20 % validation, 60 % test, by a hash of its name."""
    bucket = hashlib.sha256(re.sub(r"[^a-z]", "", tune.lower())[:12].encode()).digest()[0]
    return "train" if bucket < 51 else "validation" if bucket < 102 else "test"


def read_hymns(data: Path, split: Split | None = None) -> list[Hymn]:
    """Every public-domain hymn of a split (None: of all) that has words and one meter, by title.

    Raises
    ------
    FileNotFoundError
        When `data` has no folder `hymnal`.
    """
    folder = data / "hymnal"
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    hymns = []
    for path in sorted(folder.glob("*.abc")):
        if not is_public(path) or (split and split_of(tune_of(path)) != split):
            continue
        try:
            hymns.append(read_hymn(path))
        except ValueError:  # no words under it, no meter, or more than one
            continue
    return hymns


def is_public(path: Path) -> bool:
    """Whether the file's copyright line says that words, tune and setting are public domain."""
    lines = abc.decoded(path.read_bytes()).lower().split("\n")
    return any(line.startswith("c: copyright: public domain") for line in lines)


def tune_of(path: Path) -> str:
    """The tune's name, by which hymns to one tune share a split."""
    title, _, tune = path.stem.partition("-")
    first = tune.split("-")[0]
    return (title if first in ("", "untitled") else first).replace("_", " ")


def read_hymn(path: Path) -> Hymn:
    """One hymn, as it is written: repeats are not played.

    Raises
    ------
    ValueError
        When it has no words under its notes or no meter, or is no ABC that `models.abc` reads.
    """
    text = abc.decoded(path.read_bytes())
    if re.search(r"^M:\s*none", text, re.MULTILINE):  # chant: no place is heavier than another
        raise ValueError("no meter")
    voice = _sung_voice(text)
    rows = _rows(text, voice)
    # Read as written: a repeat sign would play the words' notes twice.
    plain = _tune(text, [music for music, _ in rows])
    melody = abc.read_text(plain, path.stem)
    places = _places(plain, melody)
    verses = _verses(rows, places)
    metre = re.search(r"^%OHMETRICAL +([\d ]+)$", text, re.MULTILINE)
    lines = tuple(int(n) for n in metre[1].split()) if metre else ()
    return Hymn(melody.title, tune_of(path), lines, melody, verses)


def _body(text: str) -> tuple[list[str], list[str]]:
    """The tune's lines, comments off: up to its key, and after."""
    lines = [re.sub(r"(?<!\\)%(?!%).*", "", row).rstrip() for row in text.split("\n")]
    begin = next((i for i, row in enumerate(lines) if row.startswith("X:")), 0)
    key = next((i for i, row in enumerate(lines) if i >= begin and row.startswith("K:")), begin)
    return lines[begin : key + 1], lines[key + 1 :]


def _sung_voice(text: str) -> str:
    """The first voice that has words under it."""
    now = ""
    for row in _body(text)[1]:
        if match := _VOICE.match(row):
            now = match[1]
        elif row.startswith("w:"):
            return now
    raise ValueError("no words under the notes")


def _rows(text: str, voice: str) -> list[tuple[str, list[str]]]:
    """Lines of music of a voice, each with the words of its verses."""
    rows: list[tuple[str, list[str]]] = []
    now = ""
    for row in _body(text)[1]:
        if match := _VOICE.match(row):
            now = match[1]
            row = row[match.end() :].strip()
        if row.startswith("w:"):
            if rows and now == voice:
                rows[-1][1].append(row[2:].strip())
            continue
        music = now == voice and row and not re.match(r"[A-Za-z+]:|%|clef=|I:", row)
        if music or re.match(r"[MLKQ]:", row):
            rows.append((row, []))
    return rows


def _tune(text: str, music: Sequence[str]) -> str:
    """ABC of the one voice alone, its repeat signs off."""
    head = [row for row in _body(text)[0] if re.match(r"[XTMLKQ]:", row)]
    bare = [re.sub(r":\||\|:|::|\[\d|\|\d", "|", row) for row in music]
    return "\n".join([*head, *bare])


@dataclass(frozen=True)
class _Place:
    """A written note: when it begins and ends, whether a tie holds it from before, its bar."""

    onset: float
    end: float
    held: bool
    bar: int


def _places(plain: str, melody: Score) -> list[_Place]:
    """Every written note (a chord is one) of the voice, with its time in the score.

    Raises
    ------
    ValueError
        When the notes as written and as played do not agree.
    """
    sounding = sorted({note.onset for note in melody.tracks[0].notes})
    out: list[_Place] = []
    held: set[int] = set()
    heard = -1
    for number, bar in enumerate(abc.written_bars(plain)):
        onsets = sorted({round(n.onset, 6) for n in bar.notes})
        for onset in onsets:
            chord = [n for n in bar.notes if abs(n.onset - onset) < _TOGETHER]
            pitches = {n.place + n.shift for n in chord}
            goes_on = bool(out) and bool(held) and pitches <= held
            heard += not goes_on
            if heard >= len(sounding):
                raise ValueError("notes as written and as played do not agree")
            # A held note begins where the one before ends: some verses sing a syllable on each.
            start = out[-1].end if goes_on else sounding[heard]
            out.append(_Place(start, start + max(n.duration for n in chord), goes_on, number))
            held = {n.place + n.shift for n in chord if n.tied}
    if heard + 1 != len(sounding):
        raise ValueError("notes as written and as played do not agree")
    return out


def _count(music: str) -> int:
    """How many notes a line of music has for words: chords are one, rests and graces none."""
    tokens = abc_text.TOKEN.finditer(music)
    return sum(
        bool(t["chord"]) or bool(t["note"] and re.search(r"[A-Ga-g]", t["note"])) for t in tokens
    )


def _verses(
    rows: Sequence[tuple[str, list[str]]], places: Sequence[_Place]
) -> tuple[tuple[Sung, ...], ...]:
    """Each verse on the notes; a line of music with one line of words has it in every verse."""
    verses = max(len(words) for _, words in rows)
    out: list[list[Sung]] = [[] for _ in range(verses)]
    at = 0
    for music, words in rows:
        count = 0 if re.match(r"[MLKQ]:", music) else _count(music)
        here = places[at : at + count]
        at += count
        for number in range(verses):
            line = words[number] if number < len(words) else words[0] if len(words) == 1 else ""
            _sing(out[number], line, here)
    return tuple(tuple(verse) for verse in out if verse)


def _sing(verse: list[Sung], words: str, places: Sequence[_Place]) -> None:
    """One line of words on one line of notes, added to what the verse has so far."""
    at = 0
    for piece in _SYLLABLES.findall(_NUMBER.sub("", words)):
        if piece.isspace():
            continue
        if piece == "\\-":  # a hyphen that is printed
            if verse:
                verse[-1] = replace(verse[-1], text=verse[-1].text + "-")
        elif piece == "-":
            if verse:
                verse[-1] = replace(verse[-1], joined=True)
        elif piece == "|":
            bar = places[at - 1].bar if at else -1
            at = next((i for i, p in enumerate(places) if i >= at and p.bar > bar), len(places))
        elif at < len(places):
            place = places[at]
            at += 1
            if piece in "*_":
                if verse:
                    more = 0 if place.held else 1
                    verse[-1] = replace(verse[-1], end=place.end, notes=verse[-1].notes + more)
            else:
                text = piece.replace("~", " ").replace("\\", "").strip()
                verse.append(Sung(text, place.onset, place.end))

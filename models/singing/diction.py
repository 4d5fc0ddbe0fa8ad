"""A line of words becomes speech, cut into the syllables that stand under its notes.

In: a `Line`. Out: `Said`: one `Spoken` syllable for each `Sung`, with the consonants before and
after its vowel. A whole line is spoken at once, so that sounds run into each other as they do
between words, and the events of espeak-ng say where each sound lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from models.errors import Refusal
from models.lyricist import pronounce
from models.lyrics import Line, Sung
from models.singing.espeak import Phone, Speech, speak_all
from models.singing.phonemes import is_vowel, spell

VOICE = "en-us+f3"
_WORDS_PER_MINUTE = 140  # slower speech has longer consonants, and they are kept as they are
_PITCH = 40


@dataclass(frozen=True, slots=True)
class Spoken:
    """A syllable as it lies in its line's speech; `sung` has what stands under its notes.

    `sung` holds more than one where a word has fewer vowels than notes were given for it.
    """

    sung: tuple[Sung, ...]
    before: tuple[Phone, ...]
    vowel: Phone
    after: tuple[Phone, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A line as spoken."""

    speech: Speech
    syllables: tuple[Spoken, ...]


def say(lines: Sequence[Line]) -> list[Said]:
    """Speak lines of English.

    Raises
    ------
    Refusal
        When a word has nothing in it that can be said, or the voice is not installed.
    """
    words = [list(_words(line.sung)) for line in lines]
    readings = [[_reading(word) for word in line] for line in words]
    texts = [f"[[{' '.join(spell(r.phones, r.stresses) for r in line)}]]" for line in readings]
    speeches = speak_all(texts, VOICE, words_per_minute=_WORDS_PER_MINUTE, pitch=_PITCH)
    found = []
    for own, read, speech in zip(words, readings, speeches, strict=True):
        counts, syllables = [r.syllables for r in read], _cut(speech.phones)
        if len(syllables) != sum(counts):
            raise RuntimeError(f"espeak-ng said {len(syllables)} vowels for {sum(counts)}")
        found.append(Said(speech, tuple(_shared(own, counts, syllables))))
    return found


def _words(sung: Sequence[Sung]) -> Iterator[tuple[Sung, ...]]:
    word: list[Sung] = []
    for part in sung:
        word.append(part)
        if not part.joined:
            yield tuple(word)
            word = []
    if word:
        yield tuple(word)


def _reading(word: Sequence[Sung]) -> pronounce.Reading:
    """The reading with as many syllables as the word has here, or the nearest to it."""
    text = "".join(part.text for part in word)
    readings = pronounce.load().readings(text)
    if not readings:
        raise Refusal("“{word}” has no letters that can be sung; write it out.", word=text[:40])
    return min(readings, key=lambda reading: abs(reading.syllables - len(word)))


def _cut(phones: Sequence[Phone]) -> list[Spoken]:
    """One syllable a vowel; consonants go with their word, inside a word the last with the next."""
    groups = [(v, tuple(g)) for v, g in groupby(phones, key=lambda p: is_vowel(p.name))]
    found: list[Spoken] = []
    before: tuple[Phone, ...] = ()
    for vowel, group in groups:
        if vowel:
            for phone in group:  # two vowels may meet: "being"
                found.append(Spoken((), before, phone))
                before = ()
        elif not found:
            before = group
        else:
            at = next((i for i, p in enumerate(group) if p.starts_word), None)
            at = at if at is not None else len(group) - 1
            found[-1] = replace(found[-1], after=group[:at])
            before = group[at:]
    if found and before:
        found[-1] = replace(found[-1], after=(*found[-1].after, *before))
    return found


def _shared(
    words: Sequence[tuple[Sung, ...]], counts: Sequence[int], syllables: Sequence[Spoken]
) -> Iterator[Spoken]:
    """Give each word's syllables its `Sung`s; what is over stays with the last of the word."""
    at = 0
    for word, count in zip(words, counts, strict=True):
        own = syllables[at : at + count]
        at += count
        for i, syllable in enumerate(own[: len(word)]):
            last = i == min(count, len(word)) - 1
            sung = word[i:] if last else word[i : i + 1]
            yield replace(_merged(own[i:]) if last else syllable, sung=sung)


def _merged(syllables: Sequence[Spoken]) -> Spoken:
    """One syllable of several: the first vowel is held, the others follow like consonants."""
    first, *others = syllables
    tail = [p for s in others for p in (*s.before, s.vowel, *s.after)]
    return replace(first, after=(*first.after, *tail))

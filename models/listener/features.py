"""What is known about words before anything is learned: the vocabulary's names, keys, numbers.

In: a message's words. Out: for each word the numbers of its features (`FEATURES`): whether it
begins or goes on with a style, mood, instrument, kit, group, ensemble, purpose or tempo word of
`models.vocabulary` (longest match; English endings and misspellings looked through), and whether
it stands in something that looks like a key, meter, tempo, chord and so on. They are hints beside
the encoder's vectors, as in Lample and others (NAACL 2016) with gazetteers; what they mean in a
message is learned.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from models import vocabulary
from models.listener.words import Word, split
from models.planner import quantities
from models.vocabulary import normalise

KINDS = (
    "style", "mood", "instrument", "kit", "group", "ensemble", "purpose", "tempo", "pace",
)  # fmt: skip
_NUMBER = (
    r"(?:\d{1,6}(?:\.\d{1,3})?|(?<![a-z])(?:zero|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty"
    r"|fifty|sixty|seventy|eighty|ninety|hundred|half|dozen)(?![a-z])|[零一二两三四五六七八九十百半])"
)
_CHORD = (
    r"[A-G](?:#|b|♯|♭)?(?:maj|min|dim|aug|sus|add|m|M|ø|°|\+|o)?\d{0,2}(?:[b#]\d{1,2})?"
    r"(?:/[A-G][#b]?)?"
)
_DEGREE = r"[b#]?(?:VII|VI|IV|V|III|II|I|vii|vi|iv|iii|ii|i|v)(?:maj)?\d?"
_MODES = (
    r"(?:harmonic\s|melodic\s|natural\s)?(?:major|minor|maj|min|dorian|phrygian|lydian"
    r"|mixolydian|aeolian|locrian|ionian|pentatonic|blues scale)"
)
#: Name -> what it looks like; small letters are not distinguished unless the pattern asks.
PATTERNS: dict[str, str] = {
    "number": _NUMBER,
    "ordinal": (
        r"\b\d+(?:st|nd|rd|th)\b|\b(?:first|second|third|fourth|fifth|last|next)\b"
        r"|第[一二三四五六七八九十\d]+"
    ),
    "bpm": rf"{_NUMBER}\s*(?:bpm|beats per minute|拍)|\bbpm\b|\btempo\b|速度",
    "key": (
        rf"\b(?-i:[A-Ga-g])(?:[#♯b♭]|[\s-]?(?:sharp|flat))?[\s-]?{_MODES}\b|\b(?-i:[A-G][#b♯♭]?m)\b"
        rf"|[升降]?[A-Ga-g](?:#|b)?\s?(?:大调|小调|调|自然|和声)|\b{_MODES}\b|[大小]调|[宫商角徵羽]调"
    ),
    "letter": r"\b(?-i:[A-G](?:#|b|♯|♭)?)\b",
    "meter": (
        r"\b\d{1,2}\s?/\s?(?:2|4|8|16)\b|[二三四五六七八]拍子?|[四八]分之"
        r"|\b(?:waltz|common) time\b"
    ),
    "chords": rf"(?-i:\b{_CHORD}(?:[\s,|–-]+{_CHORD}){{1,15}}(?!\w))",
    "roman": rf"(?-i:\b{_DEGREE}(?:[\s,–-]+{_DEGREE})+\b)",
    "time": (
        rf"{_NUMBER}[\s-]*(?:seconds?|secs?|s\b|minutes?|mins?|hours?)|\b\d{{1,2}}:\d{{2}}\b"
        rf"|{_NUMBER}{{1,4}}\s*个?(?:秒钟?|分钟?|小时)"
    ),
    "bars": rf"\b(?:bars?|measures?)\b(?:\s*{_NUMBER})?|{_NUMBER}[\s-]*(?:bars?|measures?)|小节",
    "percent": r"\d{1,4}\s?%|percent|百分之",
    "quoted": r"[“\"][^”\"]{1,80}[”\"]|《[^》]{1,40}》|「[^」]{1,40}」|‘[^’]{1,80}’",
    "mention": r"@[\w.]+",
    "file": (
        r"\b(?:midi?|mp3|wav|ogg|flac|pdf|png|musicxml|mxl|xml|abc|stems?|lead sheet|sheet music)\b"
        r"|\.[a-z0-9]{2,4}\b"
    ),
    "rhyme": r"(?-i:\b[AB][ABCDX]{2,7}\b)|\b(?:aabb|abab|abcb|aaba|abba|aaaa)\b",
    "apart": r"(?<=\s)\S",  # what stands after a space: tells lists apart in Chinese
    "link": r"https?:\S+|www\.\S+",
}
FEATURES: tuple[str, ...] = tuple(
    f"{side}-{name}" for name in (*KINDS, *PATTERNS) for side in ("B", "I")
)
#: The first so many of `FEATURES` are of the vocabulary.
GAZETTEER = 2 * len(KINDS)
_ENDINGS = (
    ("iest", "y"), ("ier", "y"), ("ies", "y"), ("es", ""), ("s", ""), ("ly", ""), ("est", ""),
    ("er", ""), ("er", "e"), ("ish", ""), ("y", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Gazetteer:
    """The vocabulary as runs of words -> the kinds they are of.

    `spelled` are its Latin words of six letters and more by first letter, for corrections; a word
    of `known` (ordinary English) is never corrected.
    """

    table: Mapping[tuple[str, ...], frozenset[str]]
    longest: int
    spelled: Mapping[str, Sequence[str]]
    known: Collection[str]

    def at(self, words: Sequence[str], place: int) -> tuple[int, frozenset[str]] | None:
        """The longest run that begins there: (words, kinds), or None."""
        for size in range(min(self.longest, len(words) - place), 0, -1):
            run = tuple(words[place : place + size])
            for last in (run[-1], *_stems(run[-1])):
                if kinds := self.table.get((*run[:-1], last)):
                    return size, kinds
        return None

    def corrected(self, word: str) -> str:
        """The vocabulary's word for a misspelt one, or itself; one edit, two in long words."""
        if len(word) < 6 or not (word.isascii() and word.isalpha()) or word in self.known:
            return word
        choices = self.spelled.get(word[0], ())
        edits = 1 if len(word) < 9 else 2
        best = process.extractOne(
            word, choices, scorer=DamerauLevenshtein.distance, score_cutoff=edits
        )
        return best[0] if best else word


def build(known: Collection[str]) -> Gazetteer:
    """The gazetteer of the whole vocabulary; `known` are words never taken for misspelt."""
    words = vocabulary.load()
    table: dict[tuple[str, ...], set[str]] = {}

    def add(kind: str, spelling: str) -> None:
        run = tuple(w.plain for w in split(normalise(spelling)))
        table.setdefault(run, set()).add(kind)

    for catalogue in (
        words.styles, words.moods, words.instruments, words.groups, words.purposes, words.ensembles
    ):  # fmt: skip
        for spelling in catalogue.spellings:
            add(catalogue.kind, spelling)
    for kit in words.kits:
        for spelling in (*kit.names.values(), *kit.aliases):
            add("kit", spelling)
    for word in quantities.TEMPO_WORDS:
        add("tempo", word)
    for word in quantities.PACE_WORDS:
        add("pace", word)
    spelled: dict[str, set[str]] = {}
    for word in {w for run in table for w in run if len(w) >= 6 and w.isascii() and w.isalpha()}:
        spelled.setdefault(word[0], set()).add(word)
    return Gazetteer(
        {run: frozenset(kinds) for run, kinds in table.items()},
        max(map(len, table)),
        {letter: tuple(sorted(group)) for letter, group in spelled.items()},
        known,
    )


@dataclass(frozen=True)
class Marker:
    """Finds the features of messages; build it once with `marker`."""

    gazetteer: Gazetteer
    patterns: Sequence[tuple[int, re.Pattern[str]]]

    def mark(self, text: str, words: Sequence[Word]) -> list[set[int]]:
        """For each word the indices of its `FEATURES`."""
        marks: list[set[int]] = [set() for _ in words]
        self._known(words, marks)
        for number, pattern in self.patterns:
            at = 0
            for match in pattern.finditer(text):
                first = True
                while at < len(words) and words[at].end <= match.start():
                    at += 1
                inside = at
                while inside < len(words) and words[inside].start < match.end():
                    marks[inside].add(number + (not first))
                    first, inside = False, inside + 1
        return marks

    def _known(self, words: Sequence[Word], marks: list[set[int]]) -> None:
        """Marks of the vocabulary; hyphens inside a run count as nothing and are marked too."""
        places = [i for i, word in enumerate(words) if word.text not in "-‐–—_"]
        plain = [self.gazetteer.corrected(words[i].plain) for i in places]
        at = 0
        while at < len(places):
            found = self.gazetteer.at(plain, at)
            if not found:
                at += 1
                continue
            size, kinds = found
            for kind in kinds:
                number = 2 * KINDS.index(kind)
                marks[places[at]].add(number)
                for inside in range(places[at] + 1, places[at + size - 1] + 1):
                    marks[inside].add(number + 1)
            at += size


def marker(known: Collection[str]) -> Marker:
    """A marker over the vocabulary; some 20 ms."""
    compiled = [
        (GAZETTEER + 2 * i, re.compile(pattern, re.IGNORECASE))
        for i, pattern in enumerate(PATTERNS.values())
    ]
    return Marker(build(known), compiled)


def _stems(word: str) -> list[str]:
    """A word without its English ending (plural, adverb, comparative), in order of trust."""
    if len(word) < 5 or not word.isalpha() or not word.isascii():
        return []
    fits = [(e, put) for e, put in _ENDINGS if word.endswith(e) and len(word) > len(e) + 2]
    stems = [word[: -len(ending)] + put for ending, put in fits]
    return stems + [stem[:-1] for stem in stems if stem[-1] == stem[-2]]  # saddest, bigger

"""The letters of each sung syllable, as scores print them: win-ter, heav-en, hap-py.

In: a word as written and the number of syllables it is sung on. Out: that many pieces, which join
back to the word. Letters are laid to the phones of a reading with that many syllables (`align`),
which finds the letters of every vowel; where the word breaks between two vowels follows the rules
of printed English (Gould, Behind Bars, 2011; The Chicago Manual of Style): at a
beginning or ending that means something, between two like letters, and otherwise before the
consonants that can begin a syllable, save that a short stressed vowel keeps one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, product

from models.lyricist.align import VOWELS, Pair, align
from models.lyricist.onsets import legal_onsets
from models.lyricist.pronounce import SOUNDED, Reading, load

SHORT = frozenset({"AE", "EH", "IH", "AA", "AH", "UH"})
ENDINGS = re.compile(
    r"(ly|ness|less|ful|ment|ments|dom|ship|some|wards?|hood|self|selves|most|thing|things|"
    r"where|ever|more|times?|tions?|sions?|cious|tious|cial|tial)$"
)
#: Endings that begin with a vowel: the stem before them keeps its consonants.
VOWEL_ENDINGS = re.compile(r"(ing|ings|ed|er|ers|est|eth|ish)$")
BEGINNINGS = re.compile(
    r"^(un|dis|mis|out|over|with|fore|for|up|hence|what|when|ex|trans|sub|some|every|any|where|there|here|"
    r"re|be|de|pre)"
)


TWINS = re.compile(r"([b-df-hj-np-tv-z])\1")
#: Letters that spell one sound and are never parted.
TOGETHER = frozenset({"th", "sh", "ch", "ph", "wh", "qu"})


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between two vowels: where its letters start and end, and its consonants.

    `cells` are (letters, phones); `before` is the vowel it follows and
    `after_letter` the last letter of that, `kept` whether that is short
    and bears a stress, so that it keeps a consonant; `le` says that a syllabic l follows, as in
    "temple".
    """

    start: int
    end: int
    cells: tuple[Pair, ...]
    before: str
    after_letter: str
    kept: bool
    le: bool


def split(word: str, syllables: int) -> tuple[str, ...]:
    """The pieces of a word sung on `syllables` syllables, with its case and its marks.

    A hyphen of the word's own stays at the end of its piece.

    Raises
    ------
    ValueError
        When the word cannot be sung on that many syllables.
    """
    parts = re.findall(r"[^-]*-+|[^-]+", word)
    sung = [part for part in parts if _letters(part)]
    if len(sung) < 2:
        return _split_part(word, syllables)
    counts = [load().counts(part) for part in parts]
    for choice in product(*(count or (0,) for count in counts)):
        if sum(choice) == syllables:
            return tuple(
                piece
                for part, count in zip(parts, choice, strict=True)
                for piece in (_split_part(part, count) if count else (part,))
            )
    raise ValueError(f"{word!r} cannot be sung on {syllables} syllables")


def _split_part(word: str, syllables: int) -> tuple[str, ...]:
    reading = next((r for r in load().readings(word) if r.syllables == syllables), None)
    places = _letters(word)
    if reading is None or len(places) < syllables:
        raise ValueError(f"{word!r} cannot be sung on {syllables} syllables")
    if syllables == 1:
        return (word,)
    letters = "".join(word[at] for at in places).translate(SOUNDED).lower()
    full = letters + "g" if re.search(r"in['’]\W*$", word.lower()) else letters
    try:
        breaks = [_break(full, gap) for gap in _gaps(letters, reading)]
    except ValueError:  # an abbreviation ("Mr", "Dr") has fewer letters than sounds: equal parts
        breaks = [round(len(letters) * nth / syllables) for nth in range(1, syllables)]
    cuts = [0]
    for nth, at in enumerate(breaks, 1):  # every piece keeps at least one letter
        at = min(max(at, breaks[nth - 2] + 1 if nth > 1 else 1), len(letters) - syllables + nth)
        cut = places[at]
        if word[cut - 1] in "'’" and word[cut - 2].lower() not in "aeiou":
            cut -= 1  # ev-'ry, but o'-clock
        cuts.append(cut)
    cuts.append(len(word))
    return tuple(word[start:end] for start, end in pairwise(cuts))


def _letters(word: str) -> list[int]:
    """The places of a word's letters."""
    return [at for at, mark in enumerate(word.translate(SOUNDED).lower()) if "a" <= mark <= "z"]


def _gaps(letters: str, reading: Reading) -> list[Gap]:
    """The gaps between a reading's vowels, laid to the letters."""
    gaps: list[Gap] = []
    at, start, nth = 0, 0, -1
    before, before_text = "", ""
    cells: list[Pair] = []
    for text, phones in align(letters, reading.phones):
        for vowel in (phone for phone in phones if phone in VOWELS):
            if nth >= 0:
                end = at
                while cells and not cells[-1][1] and cells[-1][0] in "aeiou":
                    end -= len(cells.pop()[0])  # a silent vowel belongs to the vowel it touches
                if end == start and text == "l" and len(before_text) > 1:
                    start = end = end - 1  # Isra-el: the l alone spells vowel and l
                long = before not in SHORT or (before == "AA" and "o" not in before_text)
                kept = reading.stresses[nth] > 0 and not long
                le = text == "l" and letters[at + 1 : at + 2] == "e"
                gaps.append(Gap(start, end, tuple(cells), before, before_text[-1:], kept, le))
            nth, before, before_text, cells, start = nth + 1, vowel, text, [], at + len(text)
        if not any(phone in VOWELS for phone in phones):
            if len(text) == 2 and text[1] == "e":
                cells.extend(((text[0], phones), ("e", ())))
            else:
                cells.append((text, phones))
        at += len(text)
    return gaps


def _break(letters: str, gap: Gap) -> int:
    """The letter a new syllable starts with, between the two vowels of a gap."""
    run = letters[gap.start : gap.end]
    twin = TWINS.search(run)
    if gap.start == 2 and letters.startswith("ar") and not run:
        return 1  # a-rise, whose ar is one phone in the dictionary
    meant = _meant(letters, gap)
    if meant is not None and (twin is None or twin[1] in "lsz"):
        return meant
    if gap.le and run:
        return gap.end - (2 if run[-2:] in TOGETHER else 1)
    if twin:
        return gap.start + twin.start() + 1
    at = _by_sound(gap)
    if letters[at - 1 : at + 1] in ("gh", "bt", "ck"):
        at += 1 if letters[at] != "t" else 0
    elif letters[at - 1 : at + 1] in TOGETHER and at > gap.start:
        at -= 1
    return at


def _meant(letters: str, gap: Gap) -> int | None:
    """A break at a beginning or an ending, when one falls in the gap and leaves a listed word."""
    listed = load().listed
    match = ENDINGS.search(letters)
    if match and gap.start <= match.start() <= gap.end and not letters.endswith("ply"):
        stem = letters[: match.start()]
        stems = (stem, stem + "e", stem + "y", stem[:-1] + "y")
        if match[1][1:3] in ("io", "ia") or any(listed(word) for word in stems):
            return match.start()
    match = VOWEL_ENDINGS.search(letters)
    if match and gap.start <= match.start() <= gap.end:
        stem = letters[: match.start()]
        verb = listed(stem + "ing") or match[1] in ("ing", "ings")
        compared = listed(stem + "er") and listed(stem + "est")
        syllabic = re.search(r"[^aeiouylw]l$", stem)  # spar-kling, of sparkle
        if (verb or compared) and not syllabic and (listed(stem) or listed(stem + "e")):
            return match.start()
    if letters.endswith("y") and gap.end == len(letters) - 1:
        stem = letters[:-1]  # might-y has mightier, par-ty has none
        if listed(stem) and (listed(stem + "ier") or listed(stem + "iest")):
            return gap.end
    match = BEGINNINGS.match(letters)
    if match and gap.start <= match.end() <= gap.end and _stands(letters[match.end() :]):
        return match.end()
    return None


def _stands(rest: str) -> bool:
    """Whether letters can stand alone as the rest of a compound."""
    return rest == "eer" or (len(rest) > 2 and rest != "ver" and bool(load().listed(rest)))


def _by_sound(gap: Gap) -> int:
    """The break before the longest legal onset, what a short vowel keeps left out of it."""
    cells = list(gap.cells)
    spoken = [at for at, (_, phones) in enumerate(cells) if phones]
    kept = gap.kept and not (len(spoken) == 1 and cells[spoken[0]][0] == "th")
    if len(spoken) > 1 and gap.before in SHORT and cells[spoken[0]][0] == "s":
        kept = True
    first = len(cells)
    for place in reversed(spoken[int(kept) :]):
        onset = tuple(phone for _, phones in cells[place:] for phone in phones)
        if len(onset) == 1 and (onset[0] == "NG" or cells[place][0] in ("x", "ck")):
            break
        if len(onset) > 1 and onset not in legal_onsets():
            break
        first = place
    if 0 < first < len(cells) and cells[first - 1] == ("e", ()) and cells[first][0] == "r":
        first -= 1  # ev-ery: the vowel that is not sung stands with what follows
    at = gap.start + sum(len(text) for text, _ in cells[:first])
    if not spoken and cells and cells[0][0] == gap.after_letter:
        return gap.start  # resur-rection: one r is in the vowel
    if first < len(cells):
        text, alone = cells[first][0], len(cells[first][1]) == 1
        if alone and (text in ("st", "ft") or (text == "sc" and gap.before in SHORT)):
            return at + 1  # as-cend, has-ten, of-ten: two letters for one sound
    return at

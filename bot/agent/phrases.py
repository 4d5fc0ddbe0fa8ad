"""Things in a request that have a grammar of their own: seeds, titles, chords, forms, keys.

In: a `Page`, the text as written and folded side by side. Out: values; whatever was read is blanked
on the page, so that the vocabulary matcher does not read it again.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache

from models.errors import Refusal
from models.planner import chord_text, names
from models.planner.quantities import number
from models.theory import MODES, Key
from models.vocabulary import normalise

_CURLY = str.maketrans("’‘`´", "''''")


@dataclass(slots=True)
class Page:
    """A text as `written` and `folded`, equally long; what has been read is blanked on both."""

    written: str
    folded: str

    @classmethod
    def of(cls, text: str) -> Page:
        """Normalise (NFKC) and fold character by character, so that places agree."""
        written = unicodedata.normalize("NFKC", text).translate(_CURLY).replace("\ufe0f", "")
        written = " ".join(written.split())  # long runs of spaces would slow searches down
        folded = "".join(f if len(f := normalise(c)) == 1 else c for c in written)
        return cls(written, folded)

    def blank(self, start: int, end: int) -> None:
        """Take a span off the page; a bar keeps what stood on both sides apart."""
        gap = "¦" * (end - start)
        self.written = self.written[:start] + gap + self.written[end:]
        self.folded = self.folded[:start] + gap + self.folded[end:]

    def take(self, pattern: str, *, written: bool = False, flags: int = 0) -> re.Match[str] | None:
        """Find a pattern (in the folded text unless `written`) and blank it."""
        match = re.search(pattern, self.written if written else self.folded, flags)
        if match:
            self.blank(*match.span())
        return match


def take_seed(page: Page) -> int | None:
    """A seed such as "seed 42", "seed: 7", "种子42"."""
    match = page.take(r"(?:\bseed|种子)\s*(?:number|no\.?|is|of|是|为|[:=#])?\s*(\d{1,30})")
    return int(match.group(1)) if match else None


def take_title(page: Page) -> str | None:
    """A title: called “Winter Sun”, titled Winter Sun, 名叫“冬日”, 《冬日》."""
    called = r"(?:\b(?:called|titled|named|entitled|title)\b|名叫|叫做|题为|标题[是为叫]?)\s*:?\s*"
    quoted = r"(?:[“\"「《]([^”\"」》]{1,100})[”\"」》]|'([^']{1,100})'(?!\w))"
    # Without quotes only capitalised words belong to a title.
    word = r"[A-Z][\w']*"
    for pattern in (
        called + quoted,
        r"《([^》]{1,100})》",
        # A quoted name that opens the request and is set off from it: “Sunset” - a slow ballad.
        r"^[“\"「]([^”\"」]{1,100})[”\"」]\s*[-–—:：]+\s",
        rf"\b(?:called|titled|entitled)\s+({word}(?:\s+(?:(?:of|the|and|in|a|to)\s+)*{word})*)",
        r"(?:名叫|叫做|题为)\s*([\u3400-\u9fff]{1,20})",
    ):
        if match := page.take(pattern, written=True):
            return next(g for g in match.groups() if g).strip()
    return None


# --- chords --------------------------------------------------------------------------------------

_ROOT = r"[A-G](?:#|b|♯|♭)?"
_KIND = (
    r"(?:maj|min|mi|m|M|dim|aug|sus|add|°|ø|Δ|\+)?\d{0,2}"
    r"(?:maj7|M7|sus[24]?|[b#](?:5|9|11|13)|add9)*"
)
_CHORD = rf"(?:{_ROOT}{_KIND}(?:\([^)\s]{{1,6}}\))?(?:/{_ROOT})?|%)"
_BETWEEN = r"(?:\s*(?:\|+|,|，|、|–|—|→|➡|->|-(?=\s))\s*|\s+|-)"
_SEQUENCE = rf"(?<![\w#♯♭])\|?\s*({_CHORD}(?:{_BETWEEN}{_CHORD})*)(?![\w#♯♭'])\s*\|?"
_ROMAN = r"[b#♭♯]?(?:VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(?:°|ø)?(?:maj7|7|9|6)?"
_ROMANS = rf"(?<![\w])({_ROMAN}(?:{_BETWEEN}{_ROMAN}){{2,}})(?![\w'])"
_CUE_BEFORE = re.compile(
    r"(?:\bover|\bchords?(?:\s+progression)?|\bprogression|\bchanges|\bharmony|和弦(?:进行|走向)?)"
    r"\s*(?:are|is|of|like|for|with|用|为|是|:|=)?\s*$"
)
_CUE_AFTER = re.compile(r"^\s*(?:chords?\b|progression\b|changes\b|的?和弦|进行|loop\b)")
_DEGREES = {
    "major": ("I", "ii", "iii", "IV", "V", "vi", "vii°"),
    "minor": ("i", "ii°", "III", "iv", "v", "VI", "VII"),
}


def take_chords(page: Page) -> str | None:
    """A progression as typed, in the form `chord_text.chords` reads; None when there is none.

    Bare letters are chords only after a word such as "over" or "chords", or three in a row; what
    is a form (A A B A) or a key (D minor) is left alone. Degrees written as figures ("1645进行")
    come back as Roman numerals.
    """
    for match in re.finditer(_SEQUENCE, page.written):
        symbols, end = match.group(1), match.end()
        if re.match(r"[\s-]*(?:major|minor|maj|min|sharp|flat)\b", page.folded[match.end(1) :]):
            # "A D minor waltz": the last letter is a key, not a chord.
            symbols = re.sub(rf"{_BETWEEN}?{_CHORD}$", "", symbols)
            end = match.start(1) + len(symbols)
        before, after = page.folded[: match.start(1)], page.folded[end:]
        cued = bool(_CUE_BEFORE.search(before.rstrip("| ")) or _CUE_AFTER.search(after))
        if symbols and _are_chords(symbols, cued, lined="|" in match.group()):
            page.blank(match.start(), max(end, match.start(1)))
            return symbols.replace(" - ", " ")
    if roman := page.take(_ROMANS, written=True):
        return roman.group(1)
    cue = re.search(r"(?:\bchords?|\bprogression|\bover|和弦)\s*(?:are|is|:|=)?\s*", page.folded)
    lower = rf"((?i:{_CHORD})(?:{_BETWEEN}(?i:{_CHORD}))+)(?![\w#♯♭'])"
    if cue and (typed := re.match(lower, page.written[cue.end() :])):
        symbols = re.sub(r"(?<![\w/])([a-g])", lambda m: m.group().upper(), typed.group(1))
        if _are_chords(symbols, cued=True, lined=False):
            page.blank(cue.start(), cue.end() + typed.end())
            return symbols
    return None


def take_degrees(page: Page, minor: bool) -> str | None:
    """A progression in figures, as Chinese pop musicians say it: "1645和弦", "4536251进行"."""
    match = page.take(r"(?<!\d)([1-7]{3,8})\s*(?:的?和弦|进行|走向|progression\b|chords?\b)")
    if match is None:
        return None
    table = _DEGREES["minor" if minor else "major"]
    return " ".join(table[int(figure) - 1] for figure in match.group(1))


def _are_chords(symbols: str, cued: bool, lined: bool) -> bool:
    try:
        bars = chord_text.chords(symbols)
    except Refusal:
        return False
    count = sum(map(len, bars))
    plain = all(len(c) == 1 for bar in bars for c in bar)
    if cued:
        return count >= 2 or not plain
    letters = [c for bar in bars for c in bar]
    if plain and letters[0] == "A" and set(letters) <= set("ABCD") and len(set(letters)) < count:
        return lined  # A A B A
    return count >= 2 if lined or not plain else count >= 3


# --- form ----------------------------------------------------------------------------------------


def take_form(page: Page) -> tuple[str, ...]:
    """Sections in order: AABA, "verse chorus verse", 主歌副歌, "rondo form"; () when none."""
    for pattern, written in _form_patterns():
        for match in re.finditer(pattern, page.written if written else page.folded):
            if written and "B" not in match.group(1):
                continue  # ADD, ACDC
            if re.search(r"\b(?:like|of|by)\s+$", page.folded[: match.start()]):
                continue  # in the style of ABBA
            if match.group(1) in ("opening theme", "intro theme"):
                continue  # one piece, not two sections
            found = re.sub(r"\b(?:and|then)\b|和|再|然后|[–—]", " ", match.group(1))
            if re.fullmatch(r"[A-D](?:[\s-][A-D])+", found):
                found = re.sub(r"[\s-]", "", found)
            page.blank(*match.span())
            return names.form(re.sub(r"(?<=[a-z])\s*-\s*(?!chorus)", " ", found))
    return ()


@lru_cache(maxsize=1)
def _form_patterns() -> tuple[tuple[str, bool], ...]:
    """Patterns of forms, and whether capitals count: letters, letters, names, lists of sections."""
    also = [normalise(s) for name, others in names.SECTIONS.items() for s in (name, *others)]
    spelled = sorted(also, key=len, reverse=True)
    latin = "|".join(s.replace(" ", r"[\s-]") for s in spelled if s.isascii())
    han = "|".join(s for s in spelled if not s.isascii())
    one = rf"(?:\b(?:{latin})\b(?:\s*\d\b)?|(?:{han}))"
    between = r"(?:[\s,>+/、\-–—→➡]|\band\b|\bthen\b|和|再|然后){0,8}"
    around = r"(?:\bform\s*(?:is|of|:|=)?\s*|曲式\s*[是为:]?\s*)?"
    behind = r"(?:\s*(?:form\b|曲式))?"
    named = "|".join(names.FORMS)
    return (
        (rf"{around}(?<![A-Za-z])(A(?:[\s-]?[A-D]){{2,11}})(?![A-Za-z']){behind}", True),
        (rf"{around}(?<![a-z])(a{{1,2}}b{{1,2}}[abc]{{1,9}})(?![a-z']){behind}", False),
        (rf"{around}({named}){behind}", False),
        (rf"{around}({one}(?:{between}{one}){{1,60}})", False),
    )


# --- key -----------------------------------------------------------------------------------------

_MODE = r"major|minor|maj|min|dorian|phrygian|lydian|mixolydian|locrian|ionian|aeolian|dur|moll"
_SIGN = r"(?:[\s-]?(?:sharp|flat)\b|[#b♯♭])?"
_HAN_MODE = "大调|小调|混合利底亚|多利亚|弗里几亚|利底亚|洛克里亚"
_ENDS = r"\s*(?:$|[,.;:!?)¦，。；]|(?:with|at|for|and|over|please|about|using|on|lasting|then)\b)"


def mend_modes(page: Page) -> list[tuple[str, str]]:
    """Put right "C mnior" and "G majr", one edit off; returns (written, meant) pairs."""
    mended = []
    # Not after a lone "a": "in a manor".
    pattern = rf"\b(?:[b-g]{_SIGN}|a(?:[\s-](?:sharp|flat)|[#b♯♭]))\s+([a-z]{{4,6}})\b"
    for match in list(re.finditer(pattern, page.folded)):
        word = match.group(1)
        meant = names.near(word, ("major", "minor"), 1)
        if word not in ("major", "minor") and len(meant) == 1:
            page.written = re.sub(rf"(?i)\b{word}\b", meant[0], page.written, count=1)
            page.folded = re.sub(rf"\b{word}\b", meant[0], page.folded, count=1)
            mended.append((word, meant[0]))
    return mended


def take_key(page: Page) -> tuple[str | None, str | None]:
    """(key, mode): "in F#m" gives ("F# minor", None), "in a minor key" only (None, "minor")."""
    lead = r"(?:\b(?:in|key)\s+(?:the\s+)?(?:key\s+)?(?:of\s+|is\s+)?|\bkey\s*[:=]\s*)?"
    for match in re.finditer(rf"({lead})(?<![a-z])([a-g])({_SIGN})[\s-]*({_MODE})\b", page.folded):
        prefix, letter, sign, mode = match.groups()
        if letter == "a" and not sign and not _is_note_a(page, match, bool(prefix)):
            continue
        page.blank(*match.span())
        return str(Key.parse(f"{letter}{sign} {mode}")), None
    han = rf"([升降]?)([a-g])([#b♯♭]?)\s*(?:自然|和声|旋律)?({_HAN_MODE})(?:调式)?"
    if said := page.take(han):
        sign, letter, accidental, mode = said.groups()
        return str(Key.parse(f"{letter}{sign or accidental}{mode}")), None
    if said := page.take(r"([升降]?)(?<![a-z])([A-G])([#b♯♭]?)调(?!式)", written=True):
        return str(Key(said[2] + {"升": "#", "降": "b"}.get(said[1], said[3]))), None
    if found := _short_key(page) or _key_of_tune(page):
        return found, None
    return None, _mode_alone(page)


def _is_note_a(page: Page, match: re.Match[str], led: bool) -> bool:
    """Whether "a minor" names the note A: "in a minor", "an A minor waltz", not "a minor key"."""
    rest = page.folded[match.end() :]
    if re.match(r"[\s-]*(?:key|mode|scale|tonality|mood|feel|sound)\b", rest):
        return False
    place = match.start(2)
    capital = page.written[place] == "A"
    opening = not re.search(r"[\w¦]\s*$", page.written[:place])
    return led or (capital and not opening) or re.match(_ENDS, rest) is not None


def _short_key(page: Page) -> str | None:
    """Keys such as "in Dm", "key of Bb", "in F#", "in the key of a"; a lone letter is major."""
    of = r"\bkey\s*(?:of|is|:|=)\s*"
    pattern = rf"({of}|\bin\s+(?:the\s+{of})?)([A-Ga-g])({_SIGN})(m|min|maj)?(?![\w#♯♭&'/])"
    for match in re.finditer(pattern, page.written):
        lead, letter, sign, quality = match.groups()
        bare = not sign and not quality and "key" not in lead
        if (
            bare
            and letter in "Aa"
            and not (letter == "A" and re.match(_ENDS, page.written[match.end() :]))
        ):
            continue  # "in A flash" and "in a" are articles
        page.blank(*match.span())
        return str(Key.parse(f"{letter}{sign} {'minor' if quality in ('m', 'min') else 'major'}"))
    return None


def _key_of_tune(page: Page) -> str | None:
    """The key in "Bb blues" and "an E jig"; "A blues" has an article."""
    tune = r"(?=\s+(?:blues|jig|reel|waltz|rag|shuffle|ballad|groove)\b)"
    match = page.take(rf"(?<![\w#])([A-G][b#♯♭]|[B-G])(m)?{tune}", written=True)
    return str(Key.parse(f"{match[1]} {'minor' if match[2] else 'major'}")) if match else None


def _mode_alone(page: Page) -> str | None:
    modes = "|".join(MODES)
    for pattern in (
        rf"\b(?:(?:in\s+)?an?\s+)?({modes})[\s-]*(?:key|mode|scale|tonality)\b",
        r"\bin\s+(major|minor)\b",
        r"\ba\s+(major|minor)\b",
        r"\b(dorian|phrygian|lydian|mixolydian|locrian)\b",
    ):
        if match := page.take(pattern):
            return match.group(1)
    if match := page.take(f"({_HAN_MODE})(?:调式)?"):
        return Key.parse(f"C{match.group(1)}").mode
    return None


def tonic_for(mode: str, text: str) -> str:
    """A comfortable tonic when only the mode was said; the same words always give the same one."""
    tonics = ("A", "D", "E", "G", "C") if 3 in MODES[mode] else ("C", "G", "D", "F", "Bb")
    return tonics[zlib.crc32(text.encode()) % len(tonics)]


# --- grades --------------------------------------------------------------------------------------


def take_grade(page: Page) -> int | None:
    """The grade of a lesson: "grade 2", "grade three", "二级", "for beginners"."""
    if match := page.take(r"\b(?:grade|level)\s*(\d{1,2}|one|two|three|four|five)\b"):
        return int(number(match.group(1)) or 0)
    if match := page.take(r"([一二三四五六七八九\d])\s*级(?!别)"):
        return int(number(match.group(1)) or 0)
    for pattern, grade in (
        (r"\b(?:absolute\s+)?beginners?(?:'s)?\b|初学者?|入门|初级", 1),
        (r"\bintermediate\b|中级", 3),
        (r"\badvanced\s+(?:student|player|pianist|level)s?\b|高级", 5),
    ):
        if page.take(pattern):
            return grade
    return None

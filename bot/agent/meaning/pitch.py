"""Pitch: intervals to move by, keys to go to.

In: words of the slots transpose and key ("up a minor third", "低八度", "e flat major", "升C小调").
Out: semitones; a key as the tools take it ("Eb major", "Eb" for its present mode, "minor" for its
present tonic).
"""

from __future__ import annotations

import re

from bot.agent.meaning.words import fold, latin, mend, strength
from models.errors import Refusal
from models.planner.quantities import number
from models.theory import Key

_SIZES: dict[str, dict[str, int]] = {  # interval -> quality -> semitones ("" where none is said)
    "second": {"": 2, "minor": 1, "major": 2},
    "third": {"": 4, "minor": 3, "major": 4},
    "fourth": {"": 5, "perfect": 5, "augmented": 6, "diminished": 4},
    "fifth": {"": 7, "perfect": 7, "diminished": 6, "augmented": 8},
    "sixth": {"": 9, "minor": 8, "major": 9},
    "seventh": {"": 10, "minor": 10, "major": 11},
    "octave": {"": 12},
    "ninth": {"": 14},
    "tritone": {"": 6},
}
_HAN = {"二": "second", "三": "third", "四": "fourth", "五": "fifth", "六": "sixth",
        "七": "seventh", "八": "octave", "九": "ninth"}  # fmt: skip
_QUALITY = {"小": "minor", "大": "major", "纯": "perfect", "增": "augmented", "减": "diminished"}
_UP = r"\b(?:up|higher|raise|raised|above|sharper)\b|[升高上提]"
_DOWN = r"\b(?:down|lower|drop|dropped|below|flatter|deeper)\b|[降低下]"
#: Strength -> semitones where only "higher" or "lower" is said.
_PLAIN = {1: 1, 2: 2, 3: 5}
_KNOWN = latin(
    *_SIZES, "up down higher lower raise drop half whole steps step tone tones semitone semitones",
    "minor major perfect augmented diminished octaves two three four five six seven eleven twelve",
    "couple",
)  # fmt: skip
_MODES = {
    "major": "major", "maj": "major", "ionian": "major", "dur": "major",
    "minor": "minor", "min": "minor", "aeolian": "minor", "moll": "minor", "m": "minor",
    "harmonic minor": "minor", "melodic minor": "minor", "natural minor": "minor",
    "dorian": "dorian", "phrygian": "phrygian", "lydian": "lydian", "mixolydian": "mixolydian",
    "locrian": "locrian", "pentatonic": "major", "major pentatonic": "major",
    "minor pentatonic": "minor", "blues": "minor", "pentatonic minor": "minor",
}  # fmt: skip
#: The five modes of Chinese music by the scale of seven notes that they leave notes out of.
_HAN_MODES = {
    "混合利底亚": "mixolydian", "弗里几亚": "phrygian", "弗里吉亚": "phrygian",
    "利底亚": "lydian", "多利亚": "dorian",
    "洛克里亚": "locrian", "大调": "major", "小调": "minor", "宫": "major", "商": "dorian",
    "角": "phrygian", "徵": "mixolydian", "征": "mixolydian", "羽": "minor", "五声": "major",
}  # fmt: skip
_KEY_WORDS = latin(*_MODES, "harmonic melodic natural sharp flat scale mode key")
#: Said where a scale of five notes was asked for (a key has seven).
FIVE_NOTES = "I have no scale of five notes, so I took {key} for it."


def transpose(words: str, how_much: str = "", around: str = "") -> int | None:
    """Semitones, negative downwards; `around` is the frame's text, where the direction may stand.

    A third, sixth or seventh without a quality is the one of a major key (the seventh of a minor
    one); a step is a whole tone; "higher" alone is a whole tone.
    """
    plain = mend(fold(words), _KNOWN)
    sign = _direction(plain) or _direction(_before(fold(around), fold(words)))
    if sign is None:
        return None
    size = _size(plain)
    if size is None:
        degree = strength(how_much) if how_much else 2
        # "高一点" is how Chinese says "higher".
        return sign * _PLAIN[degree]
    return sign * size


def is_interval(words: str) -> bool:
    """Whether a number of semitones is said, and not only "higher" or "lower"."""
    return _size(mend(fold(words), _KNOWN)) is not None


def _before(around: str, words: str) -> str:
    """What stands just before the words in their frame: "副歌升" before "半音"."""
    place = around.find(words)
    return around[max(0, place - 12) : place] if place > 0 else ""


def _direction(text: str) -> int | None:
    up, down = re.search(_UP, text), re.search(_DOWN, text)
    if up and down:
        return 1 if up.start() < down.start() else -1
    return 1 if up else -1 if down else None


def _size(text: str) -> int | None:
    if found := re.search(r"([小大纯增减]?)([二三四五六七八九])度", text):
        by_quality = _SIZES[_HAN[found[2]]]
        octaves = re.search(r"([两三])个八度", text)
        size = by_quality.get(_QUALITY.get(found[1], ""), by_quality[""])
        return size * (int(number(octaves[1]) or 1) if octaves else 1)
    for unit, each in (("半音|半个音", 1), ("全音|个音", 2)):
        if found := re.search(rf"([一二两三四五六七八九十]|\d+)?\s*个?(?:{unit})", text):
            return int((number(found[1]) if found[1] else 1) or 1) * each
    if found := re.search(r"([一二两三四五六七八九十]|\d+)\s*个(?:key|调)", text):
        return int(number(found[1]) or 1)  # a "key" of karaoke machines is a semitone
    counted = r"(\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)?\s*"
    for unit, each in (
        (r"(?:semi\s?-?tones?|half[\s-]*(?:steps?|tones?))\b", 1),
        (r"octaves?\b", 12),
        (r"(?:whole[\s-]*)?(?:steps?|tones?)\b", 2),
    ):
        if found := re.search(counted + unit, text):
            if found[1] in (None, "a", "an"):
                return each
            return int(number(found[1]) or 1) * each
    for name, by_quality in _SIZES.items():
        if re.search(rf"\b{name}s?\b", text):
            quality = next((q for q in by_quality if q and re.search(rf"\b{q}\b", text)), "")
            return by_quality[quality]
    if found := re.search(r"\b(?:up|down|by)\s+(\d+)\b", text):
        return int(found[1])
    return None


def key(words: str) -> str | None:
    """The key that words name: "Eb major", "Eb" without a mode, "minor" without a tonic."""
    text = re.sub(r"(?<=\w)-(?=[a-z])", " ", fold(words).replace("♭", "b").replace("♯", "#"))
    text = mend(re.sub(r"\b(sharp|flat)m\b", r"\1 m", text), _KEY_WORDS)
    around = r"\b(?:in|the|key|of|to|scale|mode|tonality|thing|one)\b"
    plain = " ".join(re.sub(around, " ", text).split())
    if re.search(r"[\u3400-\u9fff]", plain):
        return _chinese_key(plain)
    # "a minor" is the note A unless something that has a mode follows: "a minor key".
    kind = re.search(r"\b(?:key|scale|mode|thing|one|sound|feel)\b", text)
    if (article := re.match(r"an?\s+(.+)$", plain)) and kind and article[1] in _MODES:
        return _MODES[article[1]]
    if plain in _MODES and plain != "m":
        return _MODES[plain]
    found = re.fullmatch(r"(an|[a-g])\s*(sharp|flat|#|b)?\s*((?:\w+)(?:\s\w+)*)?", plain)
    if found is None or (found[3] and found[3] not in _MODES):
        return None
    tonic = found[1][0].upper() + {"sharp": "#", "flat": "b"}.get(found[2] or "", found[2] or "")
    if not found[3]:
        return tonic if _is_key(f"{tonic} major") else None
    return str(Key.parse(f"{tonic} {_MODES[found[3]]}"))


def is_five_notes(words: str) -> bool:
    """Whether a pentatonic scale is named, which a key cannot say."""
    text = fold(words)
    return "五声" in text or "penta" in text or bool(re.search(r"[宫商角徵羽]调式", text))


def _chinese_key(text: str) -> str | None:
    found = re.search(r"([升降]?)\s*([a-g])\s*([#b]?)", text)
    mode = next((m for word, m in _HAN_MODES.items() if word in text), None)
    if mode is None and (latin_mode := re.search(r"(major|minor|dorian|lydian|phrygian)", text)):
        mode = latin_mode[1]
    if found is None:
        return mode
    tonic = found[2].upper() + {"升": "#", "降": "b"}.get(found[1], found[3])
    if mode is None:
        return tonic if _is_key(f"{tonic} major") else None
    return str(Key.parse(f"{tonic} {mode}"))


def _is_key(text: str) -> bool:
    try:
        Key.parse(text)
    except Refusal:
        return False
    return True

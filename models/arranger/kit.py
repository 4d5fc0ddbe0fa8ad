"""The drum kit as the arranger hears it: twelve classes at three levels.

In: General MIDI percussion keys and velocities. Out: class indices and levels, and back to the key
that a style plays for a class. Grouping after Gillick et al., "Learning to Groove with Inverse
Sequence Transformations" (ICML 2019), widened by the hand percussion that Latin styles live on.
"""

from __future__ import annotations

#: Class -> the General MIDI keys that belong to it, the usual one first.
CLASSES: dict[str, tuple[int, ...]] = {
    "kick": (36, 35),
    "snare": (38, 40),
    "rim": (37, 39, 31, 32, 33, 34),
    "hat": (42, 44),
    "open": (46,),
    "ride": (51, 59, 53),
    "crash": (49, 57, 55, 52),
    "tom_low": (45, 43, 41),
    "tom_high": (48, 50, 47),
    "shaker": (70, 69, 54, 82),
    "wood": (75, 76, 77, 56, 67, 68, 58, 71, 72, 73, 74, 80, 81),
    "hand": (63, 62, 64, 60, 61, 65, 66, 78, 79),
}
NAMES = tuple(CLASSES)
#: Velocities below these are soft, normal, accented.
EDGES = (50, 95)
#: The velocity that stands for a level (1 soft, 2 normal, 3 accented) in a middling section.
VELOCITIES = (0, 38, 76, 106)
_CLAPS = ("electronic", "hiphop", "rnb", "pop")
_BELLS = ("latin", "world")


def class_of(key: int) -> int | None:
    """Index of the class that a percussion key belongs to, None for one of no class."""
    return next((i for i, keys in enumerate(CLASSES.values()) if key in keys), None)


def level_of(velocity: int) -> int:
    """1 soft, 2 normal, 3 accented."""
    return 1 + sum(velocity >= edge for edge in EDGES)


def key_of(index: int, level: int, family: str, brushes: bool = False) -> int:
    """The percussion key that a family of styles plays for a class at a level."""
    name = NAMES[index]
    if name == "rim":
        return 39 if family in _CLAPS and level > 1 else 37
    if name == "hand":  # muted, open, low: what a conga player does with weight
        return (62, 63, 64)[level - 1]
    if name == "wood":
        return 56 if family in _BELLS and level == 3 else 75
    if name == "shaker":
        return 54 if family in ("rock", "rnb", "folk") else 70
    if name == "snare" and brushes:
        return 40
    if name == "crash":
        return 57 if level < 3 else 49
    return CLASSES[name][0]

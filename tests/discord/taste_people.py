"""Thirty made-up listeners: what each loves, knows at first, and would say of an item.

Five scenes of invented artists; a member loves most of one scene, some of a second, and knows a few
artists that everybody knows. What they love is hidden from the bot: it sees their exports and what
they press. Seeded; nothing here is taken from any data set.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

SCENES = {
    "shoegaze": ("dream pop", "shoegaze"),
    "techno": ("techno", "house"),
    "bebop": ("jazz", "bebop"),
    "black metal": ("metal", "black metal"),
    "bossa nova": ("bossa nova", "samba"),
}
#: Families of Segno's own styles that the lovers of a scene accept.
FAMILIES = {
    "shoegaze": {"rock", "pop"},
    "techno": {"electronic"},
    "bebop": {"jazz"},
    "black metal": {"rock"},
    "bossa nova": {"latin"},
}
ARTISTS_PER_SCENE = 40
EVERYONE = 8
_SOUNDS = ("ba", "ko", "mi", "ren", "sol", "tar", "vel", "zo", "lu", "na", "phe", "gri")


@dataclass(frozen=True)
class Listener:
    """One member: hidden loves, and the plays of the export they send in at the start."""

    name: str
    scene: str
    second: str
    loves: frozenset[str]
    plays: dict[str, int] = field(hash=False, default_factory=dict)

    @property
    def families(self) -> set[str]:
        """Families of styles they are glad to hear."""
        return FAMILIES[self.scene] | FAMILIES[self.second]

    def says(self, artist: str, scene_of: dict[str, str]) -> str | None:
        """ "like", "dislike" or nothing to say about an artist."""
        if artist in self.loves:
            return "like"
        foreign = scene_of.get(artist) not in (self.scene, self.second, "")
        return "dislike" if foreign else None


@dataclass(frozen=True)
class Club:
    """The members and the artists of a season; `scene_of` "" is known by everybody."""

    members: tuple[Listener, ...]
    scene_of: dict[str, str]


def found_club(people: int = 30, seed: int = 7) -> Club:
    """Invent artists, then members over them."""
    rng = Random(seed)
    names = _names(rng, ARTISTS_PER_SCENE * len(SCENES) + EVERYONE)
    scene_of = {
        name: scene
        for at, scene in enumerate(SCENES)
        for name in names[at * ARTISTS_PER_SCENE : (at + 1) * ARTISTS_PER_SCENE]
    } | dict.fromkeys(names[-EVERYONE:], "")
    return Club(tuple(_member(n, scene_of, rng) for n in range(people)), scene_of)


def _names(rng: Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        words = ("".join(rng.sample(_SOUNDS, rng.choice((2, 3)))) for _ in range(2))
        found[" ".join(word.capitalize() for word in words)] = None
    return list(found)


def _member(number: int, scene_of: dict[str, str], rng: Random) -> Listener:
    scenes = list(SCENES)
    scene = scenes[number % len(scenes)]
    second = rng.choice([s for s in scenes if s != scene])
    shares = {scene: 0.7, second: 0.25, "": 0.4}
    loves = [a for a, s in scene_of.items() if rng.random() < shares.get(s, 0.0)]
    own = [a for a in loves if scene_of[a] == scene]
    others = [a for a in loves if scene_of[a] != scene]
    known = rng.sample(own, min(7, len(own))) + rng.sample(others, min(3, len(others)))
    plays = {artist: int(40 / (rank + 1)) + 3 for rank, artist in enumerate(known)}
    return Listener(f"member{number}", scene, second, frozenset(loves), plays)

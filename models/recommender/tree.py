"""Genres as people tag them, and which of our styles each of them is.

In: the genre names, tree and aliases of beets (text files beside this one), our own vocabulary and
the exceptions of `styles_of_genres.toml`. Out: a `Tree`: free tags become genres, genres become
styles. Tree and aliases are beets' plugin lastgenre (https://beets.io, MIT, `LICENCE-beets.txt`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from scipy.sparse import csr_matrix

from models import vocabulary
from models.recommender import kinship
from models.vocabulary import Vocabulary

Kind = Literal["style", "mood", "instrument"]
_FOLDER = Path(__file__).parent
_LONGEST = 60  # characters; no genre's name is longer, and patterns stay cheap


@dataclass(frozen=True)
class Tree:
    """Genres with their parents; a genre may stand in several places of the tree.

    `parents` holds every genre, in lower case, with the genres right above it. `styles` maps genres
    to style ids where they meet directly, `genres` every style id to the genre that stands for it.
    """

    parents: Mapping[str, tuple[str, ...]]
    styles: Mapping[str, str]
    genres: Mapping[str, str]
    _folded: Mapping[str, str]
    _aliases: tuple[tuple[str, re.Pattern[str]], ...]

    def canonical(self, tag: str) -> str | None:
        """The genre that a free tag means ("hiphop", "Hip-Hop", "rnb", "摇滚"), or None.

        Exact but for case, spaces, hyphens and accents, then beets' aliases, then the names of our
        styles in English and Chinese; no guessing.
        """
        text = " ".join(unicodedata.normalize("NFKC", tag).casefold().split())
        if not text or len(text) > _LONGEST:
            return None
        if text in self.parents:
            return text
        for template, pattern in self._aliases:
            if found := pattern.fullmatch(text):
                meant = found.expand(template)
                if known := self._folded.get(_fold(meant)):
                    return known
        if known := self._folded.get(_fold(text)):
            return known
        style = vocabulary.load().styles.find(text)
        named = style is not None and (
            not text.isascii() or text in (style.id, style.name().casefold())
        )
        return self.genres[style.id] if style is not None and named else None

    def ancestors(self, genre: str) -> tuple[str, ...]:
        """All genres above one, nearest first; () for a family or an unknown name."""
        seen: dict[str, None] = {}
        level = [genre]
        while level:
            above = [p for g in level for p in self.parents.get(g, ())]
            level = [p for p in dict.fromkeys(above) if p not in seen and p != genre]
            seen.update(dict.fromkeys(level))
        return tuple(seen)

    def style_of(self, genre: str) -> str | None:
        """The style id of a genre, or of its nearest ancestor that has one; else None."""
        for name in (genre, *self.ancestors(genre)):
            if name in self.styles:
                return self.styles[name]
        return None

    def genre_of(self, style: str) -> str:
        """The genre that stands for one of our styles.

        Raises
        ------
        KeyError
            When there is no such style.
        """
        return self.genres[style]


@lru_cache(maxsize=1)
def load() -> Tree:
    """Read the files once; the result is immutable."""
    own = tomllib.loads((_FOLDER / "styles_of_genres.toml").read_text(encoding="utf-8"))
    parents = _parents(own["added"])
    folded: dict[str, str] = {}
    for name in parents:  # the tree's spelling comes first
        folded.setdefault(_fold(name), name)
    styles, genres = _styles(vocabulary.load(), own, folded)
    aliases = tuple(
        (template, re.compile(pattern))
        for template, pattern in (line.split("\t") for line in _lines("genres-aliases.txt"))
    )
    return Tree(parents, styles, genres, folded, aliases)


def closed_prior(
    kind: Kind | None = None,
) -> tuple[tuple[str, ...], csr_matrix]:
    """What belongs together before anybody listened: rows as if people liked them together.

    Parameters
    ----------
    kind : "style", "mood", "instrument" or None
        The closed vocabulary; None is all three side by side, so that styles lead to moods and
        instruments.

    Returns
    -------
    (ids, csr (P, n))
        Item ids ("style:lofi") of the n columns, and P rows of weights 0..1.
    """
    return kinship.rows(kind, load())


def _fold(text: str) -> str:
    """Letters and digits only, without accents: "hip-hop" and "Hip Hop" are one."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", "and"))
    return "".join(c for c in plain if c.isalnum())


def _lines(name: str) -> list[str]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _parents(added: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Every genre with the genres right above it."""
    parents: dict[str, tuple[str, ...]] = {}
    path: list[str] = []
    for line in _lines("genres-tree.txt"):
        name = line.strip()
        depth = (len(line) - len(line.lstrip())) // 2
        path[depth:] = [name]
        above = parents.get(name, ())
        own = (path[-2],) if depth and path[-2] not in above else ()
        parents[name] = above + own
    parents.update({genre: (above,) for genre, above in added.items()})
    # Names that stand nowhere in the tree hang under what their last words say: English puts the
    # kind last, so "melodic black metal" is black metal.
    others = _lines("genres-names.txt")
    known = {*parents, *others}
    for name in others:
        words = name.removesuffix(" music").split()
        ends = (" ".join(words[i:]) for i in range(len(words)))
        parents[name] = tuple([e for e in ends if e in known and e != name][:1])
    return parents


def _styles(
    words: Vocabulary, own: Mapping[str, Mapping[str, str]], folded: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """(genre -> style, style -> genre) by names, aliases and the exceptions."""
    styles: dict[str, str] = {}
    genres: dict[str, str] = {}
    for style in words.styles:
        spelled = (style.name(), style.id, *style.aliases)
        met = [folded[_fold(s)] for s in spelled if _fold(s) in folded]
        genres[style.id] = own["genre_of"].get(style.id) or met[0]
        for genre in met:
            styles.setdefault(genre, style.id)
    styles.update({genre: style for style, genre in genres.items()})
    styles.update(own["style_of"])
    return styles, genres

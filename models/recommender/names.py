"""Names of artists and tracks, folded so that one thing has one key whatever source it came from.

In: names as services and people write them. Out: keys to compare by, and names fit to show. What
is folded: spelling (NFKC, case, accents, punctuation, a leading "the"), guests ("feat. ..."), and
notes on the release ("2011 Remaster", "Live at ..."); remixes, covers and acoustic versions stay
songs of their own. The fields follow MusicBrainz' style guide for titles, where such notes stand
in brackets; Spotify writes them after a dash.
"""

from __future__ import annotations

import re
import unicodedata

#: Characters of a name that are kept.
LONGEST = 200
#: Between the artist and the title in a track's key; neither half holds it.
BETWEEN = " / "
NAMELESS = "?"

_JOINERS = "\u200c\u200d"  # needed by Persian, Indic scripts and emoji
_ACCENTS = re.compile("[\u0300-\u036f]")  # not the voicing marks of Japanese
_INITIALS = re.compile(r"\b(?:\w\.){2,}")  # M.I.A.
_GUESTS = re.compile(r"[\s(\[]+(?:feat|ft|featuring|with special guests?)\b.*$")
_YEAR = r"(?:(?:19|20)\d\d)"
_PLACE = r"(?:at|from|in|on|session|sessions|version|recording|performance|acoustic)"
_NOTE = "|".join((
    rf"{_YEAR}? ?(?:digital(?:ly)? )?(?:re-?master(?:ed|ing)?)(?: (?:version|edition|{_YEAR}))*",
    rf"(?:mono|stereo)(?: (?:mix|version|{_YEAR}))?(?: re-?master(?:ed)?)?",
    r"(?:single|album|lp|radio|original|main|explicit|clean|standard)"
    r"(?: (?:album|single|radio|mono|stereo))? ?(?:version|edit|mix)",
    r"explicit|clean|bonus track|deluxe(?: edition| version)?|radio edit",
    rf"(?:recorded )?live(?:[ ,]+(?:{_PLACE}\b.*|{_YEAR}\b.*|/.*))?",
    r"(?:live|现场|現場)版?|重[制製]版|完整版",
))  # fmt: skip
_RELEASE = re.compile(rf"(?:\s+[-–—]\s+(?:{_NOTE})|\s*[(\[](?:{_NOTE})[)\]])$")
_QUOTES = re.compile("['`´ʼ‘’]")  # dropped: don't, dont


def clean(text: str) -> str:
    """Return a name fit to store and show: no control characters, `LONGEST` characters at most."""
    known = (
        c if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else " "
        for c in unicodedata.normalize("NFC", text[: 4 * LONGEST])
    )
    return " ".join("".join(known).split())[:LONGEST].strip()


def artist_key(name: str) -> str:
    """Return what an artist is compared by: "Beyoncé feat. Jay-Z" is "beyonce"; never empty."""
    return _fold(_without(_GUESTS, _plain(name)))


def track_key(artist: str, title: str) -> str:
    """Return what a track is compared by: its artist's key and its title's; never empty."""
    song = _without(_GUESTS, _plain(title))
    while (shorter := _without(_RELEASE, song)) != song:  # "(Live) - 2011 Remaster"
        song = _without(_GUESTS, shorter)
    return artist_key(artist) + BETWEEN + _fold(song, article=True)


def _plain(text: str) -> str:
    """Compatible forms, small letters, without accents."""
    folded = unicodedata.normalize("NFKD", clean(text)).casefold()
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFKD", folded)))


def _without(what: re.Pattern[str], text: str) -> str:
    """The text without this ending, unless nothing else would be left."""
    shorter = what.sub("", text).strip()
    return shorter or text


def _fold(text: str, *, article: bool = False) -> str:
    """Words only, one space between; signs stay where there is nothing else ("!!!")."""
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), _QUOTES.sub("", text))
    text = text.replace("&", " and ") if any(map(str.isalnum, text)) else text
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    words = " ".join("".join(kept).split())
    if not article:
        while len(rest := words.removeprefix("the ")) < len(words):
            words = rest
    return words or "".join(text.replace("/", "|").split()) or NAMELESS

"""Steps that make something new: a piece, a song, an arrangement, versions, more of it.

In: a `Told`. Out: `Drafted` steps of the tools compose, song, arrange, vary and extend.
"""

from __future__ import annotations

import re
from typing import Any

from bot.agent.lexicon import is_han
from bot.agent.meaning import answers, harmony, likened, named, pitch, spans, speed
from bot.agent.meaning.words import strength, unquoted
from bot.agent.phrases import Page
from bot.agent.planning_said import (
    FILE_WORDS,
    Drafted,
    Notes,
    Told,
    music_words,
    players_of,
    theme_of,
    title_of,
    trimmed,
)
from bot.agent.planning_words import STARTS, language_of, scheme_of
from bot.agent.refer import suggestion_of
from bot.agent.understand import read
from bot.agent.values import Sentence, Step
from bot.agent.wishes import take
from bot.wording import quoted
from models.errors import Refusal

IN_STYLE = "I don't copy {artist}; I take {style}, the style I know closest to it."
NO_ARTIST = "I don't know how {artist} sounds, so I go by your other words."
SEND_FILE = "Send me the file with your message (MIDI, MusicXML or a recording), and I arrange it."
FEWER_TAKES = "I make at most {most} versions at once."
GO_ON_FROM_END = "I go on from the end of the piece."
FIRST_LINE = "Of your own words a new song takes the first line, so yours comes there."
OWN_CHORDS = "I find the chords for a tune myself; given ones I take for new pieces only."


def compose(frame: Told) -> Drafted:
    """A new piece: the words for the reader, and what the slots say beside them."""
    notes = Notes()
    words, args = _music(frame, notes)
    if not args.get("title") and (theme := theme_of(frame)):
        args["title"] = theme[:1].upper() + theme[1:100]
    return Drafted((frame.step("compose", words=words, **args),), tuple(notes.said))


#: What makes it a song and says nothing of its music.
_SUNG = re.compile(
    r"(?:,?\s*\b(?:with|and|w/|has|have)\s+)?(?:\b(?:some|new|the)\s+)?\b(?:words|lyrics|vocals?|singing)\b"
    r"|\b(?:sing|sung|rhym\w+)\b(?:\s+(?:me|us)\b)?"
    r"|[要带]?有?(?:歌词|人声|词(?=[，。 ]|$))的?|要?有?人?唱(?:出来)?(?:的那种|的)?(?:一(?=首))?",
    re.ASCII | re.IGNORECASE,
)


#: What would be a song is a piece where words are refused.
_UNSUNG = (
    r"\b(?:no|without|minus)\s+(?:any\s+)?(?:lyrics?|words|vocals?|singing)\b"
    r"|不要歌?词|无歌?词|纯音乐"
)


def song(frame: Told) -> Drafted:
    """A new piece with words."""
    if frame.says(_UNSUNG):
        return compose(frame)
    notes = Notes()
    words, args = _music(frame, notes)
    words = trimmed(_SUNG.sub(" ", words)) or words
    args["theme"] = theme_of(frame) or _occasion(frame)
    args["scheme"] = scheme_of(frame, notes)
    args["language"] = language_of(frame, notes)
    args["first_line"] = unquoted(frame.one("line"))
    if args["first_line"] and not frame.says(STARTS):
        notes.add((FIRST_LINE, {}))
    return Drafted((frame.step("song", words=words, **args),), tuple(notes.said))


def _occasion(frame: Told) -> str:
    """What a song for somebody is about: "birthday, mia"."""
    people = [w for w in frame.all("person") if answers.person(w) != "us"]
    if not people:
        return ""
    found = re.search(
        r"\b(birthday|love|wedding|goodbye|thank\s?you|graduation|anniversary)\b"
        r"|(生日|情(?=歌|诗)|婚礼|毕业|畢業|感谢|告别)",
        frame.folded,
    )
    kind = (found[1] or {"情": "爱情"}.get(found[2], found[2])) if found else ""
    return ", ".join(p for p in (kind, *(w.lstrip("@") for w in people)) if p)


def _music(frame: Told, notes: Notes) -> tuple[str, dict[str, Any]]:
    """(words for the reader, explicit arguments) of a new piece."""
    words = music_words(frame)
    args: dict[str, Any] = {"title": title_of(frame)}
    styles = [named.style(w, frame.locale) for w in frame.all("style")]
    moods = [named.moods(w, frame.locale) for w in frame.all("mood")]
    for found in (*styles, *moods):
        notes.add(*found.notes)
    known = list(dict.fromkeys(s.id for s in styles if s.ids))
    felt = list(dict.fromkeys(m for found in moods for m in found.ids))
    args["style"] = known[0] if len(known) == 1 else ""
    args["mood"] = felt[0] if len(felt) == 1 else ""
    if not known and frame.all("theme"):  # "space" and "Christmas" are styles as well
        args["style"] = named.exact_style(unquoted(frame.one("theme")))
    if not known and not args["style"] and (artist := frame.one("artist")):
        args["style"] = artist_style(artist, notes, frame.locale)
    if suggested := suggestion_of(frame.session, frame.one("which")):
        words = f"{words}, {suggested}".strip(" ,")
    keys = [k for w in frame.all("key") if (k := pitch.key(w))]
    if keys and keys[0][0].isupper():  # a mode alone is left to the reader, which finds a tonic
        args["key"] = keys[0]
    if five := five_notes(frame):
        notes.add(*five)
        if keys and keys[0].islower():  # said so that the reader finds a tonic for it
            han = {"major": "大调", "minor": "小调"}.get(keys[0], f" {keys[0]} ")
            told = han if is_han(frame.one("key")) else f"{keys[0]} key"
            words = words.replace(frame.one("key"), told)
    tempi = [t for w in frame.all("tempo") if (t := speed.tempo(w))]
    paces = [word for w in frame.all("tempo") if (word := speed.pace_word(w))]
    args["tempo"] = f"{tempi[0]:g}" if tempi else next(iter(paces), "")
    args["meter"] = next((m for w in frame.all("meter") if (m := spans.meter(w))), "")
    lengths = [n for w in frame.all("length") if (n := spans.length(w))]
    args["length"] = lengths[0].text.lstrip("+") if lengths and not lengths[0].times else ""
    if not lengths:  # with one, the reader weighs whether they go together
        args["purpose"] = next((p for w in frame.all("purpose") if (p := named.purpose(w))), "")
    args["without"] = players_of(frame, "without", notes)
    args["taste"] = _taste(frame)
    words = _with_chords(frame, words)
    _players(frame, words, args, notes)
    return words or _fallback(frame, args), args


def _fallback(frame: Told, args: dict[str, Any]) -> str:
    """Words for the reader where taking out names has left none, and no argument says anything."""
    return "" if any(args.values()) else frame.text.strip()


def artist_style(artist: str, notes: Notes, locale: str) -> str:
    """The style that stands for a musician ("" for none), said in a note."""
    style = likened.style_of(artist)
    shown = quoted(unquoted(artist), 60)
    if not style:
        notes.add((NO_ARTIST, {"artist": shown}))
        return ""
    name = named.shown("style", style, locale)
    notes.add((IN_STYLE, {"artist": shown, "style": name}))
    return style


def five_notes(frame: Told) -> tuple[Sentence, ...]:
    """A note where a scale of five notes was asked for."""
    for words in frame.all("key"):
        if pitch.is_five_notes(words) and (key := pitch.key(words)):
            return ((pitch.FIVE_NOTES, {"key": key}),)
    return ()


def _taste(frame: Told) -> str:
    if frame.intent == "compose" and "us" in map(answers.person, frame.all("person")):
        return "ours"
    seen = take(Page.of(frame.text)).seen
    return "ours" if "taste-us" in seen else "mine" if "taste" in seen else ""


def _with_chords(frame: Told, words: str) -> str:
    """Chords as the reader knows them: after the word, in capitals, degrees as numerals."""
    said = frame.one("chords")
    found = harmony.progression(said) if said else None
    if not said or not found or len(found.split()) < 2:
        return words
    place = words.find(said)
    if place < 0:
        return f"{words}, chords {found}"
    rest = f"{words[:place].rstrip()} {words[place + len(said) :].lstrip()}".strip()
    rest = re.sub(r"\b(?:over|using|with|on)?\s*(?:the\s+)?chords?\s*$", "", rest).strip()
    rest = re.sub(
        r"\b(?:over|using)\s*(?=[,.]|$)|和弦用?(?=[，。]|$)|用\s*(?=写|来|做|作|$)", "", rest
    )
    return f"{trimmed(rest)}, chords {found}"


def _players(frame: Told, words: str, args: dict[str, Any], notes: Notes) -> None:
    """Players as arguments only where the reader does not find them in the words itself."""
    wanted = players_of(frame, "instrument", notes)
    if not wanted:
        return
    try:
        brief = read(words, frame.locale).brief
    except Refusal:
        args["instruments"] = wanted
        return
    if brief.ensemble or set(brief.instruments) >= set(wanted):
        return
    if len(brief.instruments) < len(wanted):
        args["instruments"] = wanted


def arrange(frame: Told) -> Drafted:
    """A band or an ensemble for a tune, a file or a hum."""
    notes = Notes()
    which = frame.which
    sent = FILE_WORDS.search(frame.folded) is not None and not frame.named_piece
    if work := unquoted(frame.one("work")):
        which = "it" if frame.session.file else f"the one called {work}"
    elif sent and frame.session.file:
        which = "it"
    elif sent or not (frame.has_piece or frame.named_piece):
        return Drafted((), ((SEND_FILE, {}),))
    args: dict[str, Any] = {"which": which}
    style = named.style(frame.one("style"), frame.locale) if frame.one("style") else named.Named()
    notes.add(*style.notes)
    args["style"] = style.id
    players: list[str] = []
    for words in frame.all("instrument"):
        ensemble = named.ensemble(words)
        if ensemble and "ensemble" not in args and len(frame.all("instrument")) == 1:
            args["ensemble"] = ensemble
        else:
            found = named.players(words, frame.locale)
            band = named.style(words, frame.locale)
            if found.notes and band.ids and not band.notes and not args["style"]:
                args["style"] = band.id  # "a mariachi band"
                continue
            notes.add(*found.notes)
            players += found.ids
    if frame.all("chords"):
        notes.add((OWN_CHORDS, {}))
    args["instruments"] = list(dict.fromkeys(players))
    if not args.get("ensemble") and frame.says(r"\bfour\s+parts?\b|\bsatb\b|四部"):
        args["ensemble"] = "satb"
    if not args.get("ensemble") and frame.says(r"\borchestrat|管弦乐"):
        args["ensemble"] = "orchestra" if not players else ""
    args["keep"] = _kept(frame)
    return Drafted((frame.step("arrange", **args),), tuple(notes.said))


def _kept(frame: Told) -> str:
    """What stays note for note; the melody where nothing is said (and then it is not passed)."""
    if frame.says(r"\bkeep\s+everything|everything\s+(?:as\s+it\s+is|stays)|都保留|全部保留"):
        return "everything"
    if frame.says(r"\bkeep\s+(?:the|my)\s+(?:drums\s+and\s+bass|rhythm)|保留节奏"):
        return "rhythm"
    if frame.says(r"\bkeep\s+(?:the|my)\s+(?:drums|beat)|保留鼓"):
        return "drums"
    return ""


def vary(frame: Told) -> Drafted:
    """Other versions of a piece or of a place in it; of one part, the part written again."""
    said = [t for w in frame.all("takes") if (t := spans.takes(w))]
    notes = Notes()
    if not said and (changed := _as_edit(frame, notes)):
        return Drafted((changed,), tuple(notes.said))
    if said and said[0] > spans.MOST_TAKES:
        notes.add((FEWER_TAKES, {"most": spans.MOST_TAKES}))
    place = frame.places[0]
    keeps = frame.says(r"\bkeep(?:ing)?\b|保留|不变")
    part = "" if keeps else frame.part
    if part and not (said and said[0] > 1):
        again = frame.step("edit", which=frame.which, reroll=[part], **place)
        return Drafted((again,), tuple(notes.said))
    section = place.get("section") or (f"bars {place['bars']}" if "bars" in place else "")
    step = frame.step(
        "vary",
        which=frame.which,
        takes=min(spans.MOST_TAKES, said[0]) if said else _takes_unsaid(frame),
        distance=_distance(frame),
        section=section,
        part=part,
    )
    return Drafted((step,), tuple(notes.said))


def _as_edit(frame: Told, notes: Notes) -> Step | None:
    """One other version in a named style or mood is a change of it."""
    styles = [named.style(w, frame.locale) for w in frame.all("style")]
    moods = [named.moods(w, frame.locale) for w in frame.all("mood")]
    if len(styles) + len(moods) != 1:
        return None
    notes.add(*(styles + moods)[0].notes)
    told = {"style": styles[0].id} if styles else {"mood": moods[0].id}
    return (
        frame.step("edit", which=frame.which, **frame.places[0], **told)
        if any(told.values())
        else None
    )


def _takes_unsaid(frame: Told) -> int | None:
    """One where a single other version is asked for; else left to the tool."""
    one = (
        r"\banother\b|\bagain\b|\ba\s+(?:different|new)\b|one\s+more|换一?[版个]|再来一|重新来|重来"
    )
    several = r"\bothers?\b|\bideas\b|\bways\b|\bversions\b|\balternatives\b|哪些|几|别的"
    return 1 if frame.says(one) and not frame.says(several) else None


def _distance(frame: Told) -> str:
    degree = strength(frame.one("strength")) if frame.one("strength") else 2
    far = r"\b(?:very|completely|totally|far|further|wild\w*)\b|完全不|很不一样|大变|差别大"
    near = r"\b(?:subtle|small|close|similar|same\s+(?:idea|vibe))\b|类似|相近|差不多|微调"
    if degree == 3 or frame.says(far):
        return "far"
    return "near" if degree == 1 or frame.says(near) else ""


_PRESENT = re.compile(r"(?:\bonly|\bnow|\bcurrently|现在|才|只有)\s*(?:\w+\s*)?$", re.ASCII)


def _beside_it(frame: Told, words: str) -> bool:
    """Whether a section only says where the new one goes: "a bridge after the chorus"."""
    after = frame.text[frame.text.find(words) + len(words) :]
    before = re.search(r"\b(?:after|before|following|past)\s+(?:the\s+)?$", frame.before(words))
    return bool(before or re.match(r"\s*(?:后面|之后|以后|前面|之前|后再)", after))


def extend(frame: Told) -> Drafted:
    """More of a piece: up to a length, by a length, or with further sections."""
    notes = Notes()
    said = [w for w in frame.all("length") if not _PRESENT.search(frame.before(w))]
    lengths = [n for w in said if (n := spans.length(w, frame.text))]
    length = lengths[0].text if lengths else ""
    if not length and frame.says(r"\bdouble\b|两倍|一倍"):
        length = "x2"
    if not length and frame.one("strength"):
        length = {1: "+4 bars", 2: "", 3: "x2"}[strength(frame.one("strength"))]
    if frame.all("bars"):
        notes.add((GO_ON_FROM_END, {}))
    sections = [spans.section(w) for w in frame.all("section") if not _beside_it(frame, w)]
    steps = [
        frame.step("extend", which=frame.which, length=length if first else "", section=section)
        for first, section in zip([True, *[False] * len(sections)], sections or [""], strict=False)
    ]
    return Drafted(tuple(steps), tuple(notes.said))

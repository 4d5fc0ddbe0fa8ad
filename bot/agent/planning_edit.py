"""Steps that change the piece on the table.

In: a `Told` of intent "edit". Out: `Drafted` steps, mostly of the tool "edit": one for each place
that is named. What is really a longer piece, another version or an arrangement goes to that tool.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

from bot.agent import planning_new as new
from bot.agent import planning_words
from bot.agent.meaning import harmony, manner, named, pitch, spans, speed
from bot.agent.meaning.words import fold
from bot.agent.planning_place import MORE, WHOLE_SECTIONS, from_text, whole_place
from bot.agent.planning_said import Drafted, Notes, Told, players_of, title_of
from bot.agent.values import Sentence, Step
from bot.wording import quoted

WHAT = "Say what should change: “slower”, “in G minor”, “no drums”, “the chorus louder” ..."
NO_STYLE = "I can't rule a style out yet; tell me which one you want instead of {style}."
WHICH_KEY = "Say which key, such as “in G minor”, or how far: “up a third”."
NO_CHORDS = "I can't put given chords into a finished piece. Which of these would help?"
CHORDS_CHOICES = {
    "over": "Compose a new piece over {chords}", "anew": "Write its chords anew",
}  # fmt: skip
BLEND = "Blending with another piece is done with /rework; send me that piece as a file there."
ONE_MOOD = "A piece changes to one mood at a time; I take {mood}."

_SWAP = (
    r"\b(?:replace|swap|instead|switch|exchange|for|out\b.*\bin|rather\s+than|give|change)\b"
    r"|换|代替|改|顶替|取代|用.+吧"
)
_GIVE = (
    r"\b(?:give|hand|have|let|played?|on|to)\b.*\b(?:to|play|by|on)\b"
    r"|演奏|[吹拉弹奏]|交给|给|改由"
)
_LONGER = r"\b(?:long|longer|extend|stretch|twice\s+as\s+long|continue)\b|加长|延长|拉长|变长|更长"
_NO_SLOTS = ("which", "strength", "part", "section", "bars")
#: Slots whose words may be named as what is not wanted: "not slower, quicker", "from C to A minor".
_TURNABLE = ("pace", "change", "tempo", "key", "meter", "transpose")
_NOT_THIS = re.compile(
    r"(?:\b(?:not|from|instead\s+of|rather\s+than|out\s+of|hate\s+the|no\s+more|you\s+made\s+it)"
    r"|\bdon'?t\s+want(?:\s+it)?|\b(?:is|was)n'?t|不是|而不是)\s*(?:in\s+)?$"
)
_BESIDE = ("key", "tempo", "pace", "transpose", "meter", "mood", "mood_not", "strength")
#: Slots that say where or which, and not what should change.
_NO_VALUES = ("which", "strength", "section", "bars")


def edit(frame: Told) -> Drafted:
    """A change to the piece on the table, by its slots; each place has the changes beside it."""
    found = [_edit(part) for part in _by_place(frame)]
    notes = Notes()
    for drafted in found:
        if drafted.ask is not None:
            return drafted
        notes.add(*drafted.notes)
    return Drafted(tuple(step for drafted in found for step in drafted.steps), tuple(notes.said))


def _by_place(frame: Told) -> tuple[Told, ...]:
    """The frame, or one for each place where several are named with changes of their own.

    "The verse softer and the chorus louder": what follows a place is said of it, or what goes
    before it where the first place comes after a change.
    """
    at = [i for i, (slot, _) in enumerate(frame.slots) if slot in ("section", "bars")]
    values = [i for i, (slot, _) in enumerate(frame.slots) if slot not in _NO_VALUES]
    if len(at) < 2 or len(values) < 2:
        return (frame,)
    leads = at[0] < values[0]
    edges = [0, *at[1:], len(frame.slots)] if leads else [0, *(i + 1 for i in at)]
    edges[-1] = len(frame.slots)
    groups = [frame.slots[a:b] for a, b in pairwise(edges)]
    shared = tuple(pair for pair in frame.slots if pair[0] == "which")
    own = [tuple(p for p in group if p[0] != "which") for group in groups]
    if not all(any(slot not in _NO_VALUES for slot, _ in group) for group in own):
        return (frame,)
    return tuple(replace(frame, slots=(*shared, *group)) for group in own)


def _edit(frame: Told) -> Drafted:
    if routed := _elsewhere(frame):
        return routed
    notes = Notes()
    args = _values(frame, notes)
    places = frame.places
    bare = not {slot for slot, _ in frame.slots} - {"which", "strength", "section", "bars", "item"}
    if bare and not args and (steps := whole_place(frame, notes)):
        return Drafted(steps, tuple(notes.said))
    if not set(args) - {"part"}:
        args |= from_text(frame)
    if "length" in args and places != ({},):
        notes.add((WHOLE_SECTIONS, {}))
        del args["length"]
    if not set(args) - {"part"}:
        return Drafted((), tuple(notes.said) or (_why(frame),))
    if "title" in args and len(args) == 1:
        places = ({},)
    steps = tuple(frame.step("edit", which=frame.which, **place, **args) for place in places)
    return Drafted(steps, tuple(notes.said))


def beside(frame: Told) -> dict[str, Any]:
    """What an arrangement should have besides its players: key, tempo, meter, mood."""
    slots = tuple(pair for pair in frame.slots if pair[0] in _BESIDE)
    return _values(replace(frame, slots=slots), Notes()) if slots else {}


def _why(frame: Told) -> Sentence:
    if frame.says(r"\bkey\b|\btranspose|转调|移调"):
        return (WHICH_KEY, {})
    return (WHAT, {})


def _elsewhere(frame: Told) -> Drafted | None:
    """What is said as a change but is done by another tool."""
    if frame.all("takes"):
        return new.vary(frame)
    if frame.all("chords") and not (set(dict(frame.slots)) - {"chords", *_NO_SLOTS}):
        return _chords(frame)
    others = {slot for slot, _ in frame.slots} - {"work", *_NO_SLOTS}
    if frame.all("work") and (not others or frame.says(r"\bblend|\bmix|\bmash|融合|混")):
        return Drafted((), ((BLEND, {}),))
    if frame.all("length") and frame.says(_LONGER) and not frame.says(r"\bshort|缩短|短一?点"):
        return new.extend(frame)
    if _only(frame) or _ensemble(frame):
        return new.arrange(frame)
    if frame.says(r"\b(?:lyrics?|words)\b|歌词|填词") and frame.all("theme"):
        return planning_words.lyrics(frame)
    return None


def _ensemble(frame: Told) -> bool:
    """Whether the piece is to become one for an ensemble: "make it a string quartet"."""
    said = frame.all("instrument")
    if len(said) != 1 or frame.all("without") or frame.says(MORE):
        return False
    version = frame.says(r"\b(?:version|arrangement)\b|版|编制|配置")
    return named.is_ensemble(said[0]) or (version and bool(named.ensemble(said[0])))


def _only(frame: Told) -> bool:
    """Whether nobody else is to play: "just piano", "除了钢琴其他都去掉"."""
    alone = (
        r"\b(?:only|just|nothing\s+but)\s+(?:the\s+|an?\s+)?(?:\w+\s+)?$|\b(?:only|alone)\b\s*[.!]?$"
        r"|\beverything\s+(?:but|except)|\bdown\s+to\s+(?:an?\s+)?$|\bbut\s+for\s+(?:an?\s+)?$|只[留要用有剩]|其[他它]都[去删]|就够了"
    )
    somewhere = frame.all("section") or frame.all("bars") or frame.all("without") or frame.part
    words = frame.one("instrument")
    if not words or somewhere:
        return False
    return re.search(alone, frame.before(words)) is not None or frame.says(
        r"\b(?:only|alone)\b\s*[.!]?$|其[他它]都[去删]|就够了"
    )


def _chords(frame: Told) -> Drafted:
    """Given chords have no place in a finished piece: what can be done instead."""
    found = harmony.progression(frame.one("chords")) or frame.one("chords")
    over = (CHORDS_CHOICES["over"], {"chords": quoted(found, 60)})
    place = frame.places[0]
    again = frame.step("edit", which=frame.which, reroll=["chords"], **place)
    several = len(found.split()) > 1 and harmony.progression(frame.one("chords"))
    new_piece = (over, (frame.step("compose", words=f"chords {found}"),))
    options: tuple[tuple[Sentence, tuple[Step, ...]], ...] = (
        *((new_piece,) if several else ()),
        ((CHORDS_CHOICES["anew"], {}), (again,)),
    )
    return Drafted((), (), ((NO_CHORDS, {}), options))


def _values(frame: Told, notes: Notes) -> dict[str, Any]:
    """Arguments of the slots that say what should become different."""
    args: dict[str, Any] = {}
    for index, (slot, words) in enumerate(frame.slots):
        if slot not in _TURNABLE or not _NOT_THIS.search(frame.before(words)):
            _merge(args, _value(frame, index, slot, words, notes))
    _players(frame, args, notes)
    if not args.get("style") and (artist := frame.one("artist")):
        args["style"] = new.artist_style(artist, notes, frame.locale)
    if (part := frame.part) and set(args) - {"swap_out", "swap_in", "add", "remove"}:
        args.setdefault("part", part)
        if part == "drums" and "register" in args:  # drums have none
            args["loudness"] = args.pop("register")
    elif part and not args:
        args["part"] = part
    if title := title_of(frame):
        args["title"] = title
    notes.add(*new.five_notes(frame))
    if frame.all("style_not") and not args.get("style"):
        mood = named.moods(frame.one("style_not"), frame.locale)
        if mood.ids and not mood.notes:
            return {**{k: v for k, v in args.items() if v}, "avoid": [mood.id]}
        style = named.style(frame.one("style_not"), frame.locale)
        shown = named.shown("style", style.id, frame.locale) if style.ids else ""
        notes.add((NO_STYLE, {"style": shown or quoted(frame.one("style_not"), 40)}))
    return {k: v for k, v in args.items() if v not in (None, "", [])}


def _value(frame: Told, index: int, slot: str, words: str, notes: Notes) -> dict[str, Any]:
    """What one slot comes to as arguments."""
    how = frame.strength_of(index)
    if slot == "pace":
        found = speed.pace(words, how)
        return found.args if found else {}
    if slot == "tempo":
        tempo = speed.tempo(words)
        pace = None if tempo else speed.pace(words, how)  # "a fast one", said of what is there
        return pace.args if pace else {"tempo": tempo}
    if slot == "transpose":
        return _moved(frame, words, how)
    if slot == "key":
        return {"key": pitch.key(words)}
    if slot == "meter":
        return {"meter": spans.meter(words)}
    if slot == "length":
        length = spans.length(words, frame.text)
        return {"length": length.text} if length else {}
    if slot in ("mood", "style"):
        return _named(frame, slot, words, notes)
    if slot == "change" and (length := spans.length(words)):  # "shorter"
        return {"length": length.text}
    if slot in ("change", "mood_not"):
        return _manner(frame, slot, words, how, notes)
    return {}


def _moved(frame: Told, words: str, how: str) -> dict[str, Any]:
    """An interval moves everything or a part; "higher" of a part or a place is its register."""
    semitones = pitch.transpose(words, how, frame.text)
    local = frame.part or frame.all("section") or frame.all("bars")
    if semitones is None or pitch.is_interval(words) or not local:
        return {"semitones": semitones}
    return {"register": (1 if semitones > 0 else -1) * (2 if abs(semitones) > 2 else 1)}


def _named(frame: Told, slot: str, words: str, notes: Notes) -> dict[str, Any]:
    if slot == "style":
        style = named.style(words, frame.locale)
        notes.add(*style.notes)
        return {"style": style.id}
    moods = named.moods(words, frame.locale)
    notes.add(*moods.notes)
    if len(moods.ids) > 1 or len(frame.all("mood")) > 1:
        first = named.moods(frame.one("mood"), frame.locale).id or moods.id
        if first:
            notes.add((ONE_MOOD, {"mood": named.shown("mood", first, frame.locale)}))
    return {"mood": moods.id}


def _manner(frame: Told, slot: str, words: str, how: str, notes: Notes) -> dict[str, Any]:
    negated = slot == "mood_not"
    # "Not so fast" is about tempo.
    quick = re.fullmatch(
        r"(?:too\s+)?(?:fast|quick|slow|rushed|hectic|draggy)|太?[快慢]|慢吞吞", fold(words)
    )
    if negated and quick and (pace := speed.pace(words, how, negated=True)):
        return pace.args
    found = manner.change(words, how, negated=negated, locale=frame.locale)
    notes.add(*found.notes)
    args = dict(found.args)
    if frame.part and args.get("part"):
        del args["part"]
    return args


def _merge(args: dict[str, Any], more: dict[str, Any]) -> None:
    """Add arguments; lists grow, and what was said first of one thing stays."""
    for name, value in more.items():
        if isinstance(value, list):
            args[name] = list(dict.fromkeys([*args.get(name, []), *value]))
        elif value not in (None, "") and name not in args:
            args[name] = value


def _players(frame: Told, args: dict[str, Any], notes: Notes) -> None:
    """Who comes, who goes, who takes whose place."""
    wanted, gone = players_of(frame, "instrument", notes), players_of(frame, "without", notes)
    wanted = [i for i in wanted if i not in gone]
    if wanted and not gone and (out := _handed(frame)):
        args["swap_out"], args["swap_in"] = out, wanted[0]
        _merge(args, {"add": wanted[1:]})
        return
    if gone and not wanted and frame.all("instrument"):
        return  # nobody known to take the place
    if len(wanted) == 1 and len(gone) == 1 and frame.says(_SWAP):
        args["swap_out"], args["swap_in"] = gone[0], wanted[0]
        return
    if wanted:
        _merge(args, {"add": wanted})
    if gone:
        _merge(args, {"remove": gone})


def _handed(frame: Told) -> str:
    """The part that another player gets ("give the solo to clarinet"), "" where none does."""
    if frame.says(r"\badd\b|\bbring\b|\bunder\b|加[上入]?"):
        return ""
    if not frame.says(_GIVE) and frame.part != "melody":
        return ""
    if frame.part:
        return frame.part
    return "melody" if frame.says(r"\bsolo\b|独奏|solo") else ""

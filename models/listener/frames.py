"""What a message asks for: intents and slots, and a message written down with its gold frames.

In: nothing. Out: the names that the listener, its data and the agent share. A slot's value is the
words of the message as they stand there; what they mean (96, "strings", 12 bars) is read from them
afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Intent -> what it is for.
INTENTS: dict[str, str] = {
    "compose": "a new piece",
    "song": "a new piece with words",
    "arrange": "a band or an ensemble for a tune, file or hum",
    "edit": "change the piece on the table: tempo, key, mood, style, players, a section",
    "vary": "other versions of the piece on the table, or of a part",
    "extend": "make it longer, go on",
    "lyrics": "words for a tune, other words, a line again",
    "recommend": "suggest tracks, artists, styles, moods, instruments, progressions, pieces",
    "rate": "say how much one likes a piece or a suggestion",
    "explain": "what was done and why: key, chords, form, style",
    "show": "play it, show it, send a file, a score, the recipe",
    "library": "find or list earlier pieces",
    "style": "learn, choose, share, forget a style of one's own",
    "taste": "one's taste, compared or shared; tell what one likes",
    "privacy": "what is kept; export, forget, pause",
    "help": "what can be done, how",
    "cancel": "stop what is running",
    "undo": "go back to the version before (or forward again)",
    "chat": "greeting, thanks, small talk",
    "other": "not for us: weather, tables, alarms, code",
}
#: Slot -> what its words say.
SLOTS: dict[str, str] = {
    "style": "a style wanted", "style_not": "a style not wanted",
    "mood": "a mood wanted", "mood_not": "a mood not wanted",
    "key": "D minor, dorian", "tempo": "96 bpm, one-twenty, allegro",
    "pace": "relative tempo: faster, twice as fast, half time",
    "transpose": "relative pitch: up a minor third, an octave lower, higher",
    "change": "another relative wish: louder, busier, simpler, brighter",
    "meter": "3/4, in six", "length": "one minute, 16 bars",
    "instrument": "a player wanted or added", "without": "a player not wanted or taken out",
    "section": "chorus, second verse, intro", "bars": "bars 5 to 8",
    "part": "melody, bass line, drums as a part to work on",
    "chords": "Am F C G, ii-V-I", "theme": "what the words (or the piece) are about",
    "artist": "a musician named",
    "work": "a piece of somebody's named", "title": "what ours is to be called",
    "purpose": "for a game, film cue, jingle, lesson", "scheme": "ABAB", "language": "in Chinese",
    "takes": "four versions", "strength": "a bit, much, slightly",
    "item": "what is to be suggested, found or sent: artists, chord progressions, MIDI",
    "which": "what is meant: it, the second one, what we made on Tuesday",
    "line": "words of one's own that must come", "rating": "love it, 4 stars",
    "person": "somebody else: @bob, us, all of us",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing that a message asks for; `slots` are (name, words) in the order of the message."""

    intent: str
    slots: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A message with its gold frames, in their order; `language` is "en" or "zh"."""

    text: str
    language: str
    frames: tuple[Frame, ...]

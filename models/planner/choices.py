"""What the person left open: mood, style, key and title.

In: a `Brief`, the vocabulary and a seeded generator per decision. Out: one choice each. Mood moves
mode and tempo as listeners expect (Juslin & Laukka, Psychological Bulletin 2003: minor and slow
for sadness, major and fast for joy).
"""

from __future__ import annotations

import math
from random import Random

from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.grades import Grade, limits
from models.planner.keys import infer_key
from models.theory import Chord, Key
from models.vocabulary import Mood, Style, Vocabulary

_TONICS = {
    False: {"C": 5, "G": 5, "D": 4, "F": 4, "A": 3, "Bb": 3, "Eb": 3, "E": 2, "Ab": 1},
    True: {"A": 5, "D": 5, "E": 5, "G": 4, "C": 4, "B": 3, "F": 2, "F#": 2},
}
#: Families of styles that a purpose prefers.
_PURPOSE_FAMILIES = {
    "film_cue": {"cinematic": 6.0, "classical": 2.0},
    "game_loop": {"electronic": 3.0, "cinematic": 3.0, "pop": 1.5},
    "jingle": {"pop": 4.0, "electronic": 2.0, "jazz": 1.5},
    "lesson": {"classical": 5.0, "folk": 4.0, "pop": 1.0},
    "song": {"pop": 3.0, "rock": 2.0, "folk": 1.5},
}
#: Moods that say nothing, or too much, in the title of a piece nobody gave a mood.
_NO_ADJECTIVES = {"neutral", "sexy"}
Curve = tuple[tuple[float, float], ...]


def wish(brief: Brief, vocabulary: Vocabulary, rng: Random) -> Curve:
    """(valence, arousal) over the piece as asked; near the middle where nothing was said.

    The moods in order; numbers given override a lone mood.
    """
    moods = [vocabulary.moods[m] for m in brief.moods]
    if len(moods) > 1:
        return tuple((m.valence, m.arousal) for m in moods)
    valence = moods[0].valence if moods else rng.uniform(-0.3, 0.3)
    arousal = moods[0].arousal if moods else rng.uniform(-0.3, 0.3)
    return (
        (
            valence if brief.valence is None else brief.valence,
            arousal if brief.arousal is None else brief.arousal,
        ),
    )


def curve(brief: Brief, wished: Curve, chosen: Style) -> Curve:
    """(valence, arousal) over the piece as it will feel: what nobody asked for is the style's."""
    if brief.moods:
        return wished
    valence, arousal = wished[0]
    if brief.valence is None:
        valence += 0.8 * (0.45 - chosen.minor)
    if brief.arousal is None:
        arousal += _liveliness(chosen) + 0.6 * (chosen.density - 0.5)
    return ((min(0.9, max(-0.9, valence)), min(0.9, max(-0.9, arousal))),)


def _liveliness(chosen: Style) -> float:
    """Typical tempo as arousal: 0 at 104 bpm, an octave of tempo is 0.6."""
    return 0.6 * math.log2(chosen.tempo[1] / 104)


def mean(points: Curve) -> tuple[float, float]:
    """The mood of the piece as a whole."""
    return sum(v for v, _ in points) / len(points), sum(a for _, a in points) / len(points)


def style(brief: Brief, vocabulary: Vocabulary, wished: Curve, rng: Random) -> Style:
    """The style asked for, or one drawn among those that suit mood, purpose, meter and players."""
    if brief.style is not None:
        return vocabulary.styles[brief.style]
    styles = list(vocabulary.styles)
    families = _PURPOSE_FAMILIES.get(brief.purpose or "song", {})
    return rng.choices(
        styles, [suits(s, brief, wished) * families.get(s.family, 0.15) for s in styles]
    )[0]


def suits(candidate: Style, brief: Brief, wished: Curve) -> float:
    """How well a style suits what the brief does say, > 0; `wished` as `wish` gives it."""
    valence, arousal = mean(wished)
    weight = math.exp(-7 * (_liveliness(candidate) - 0.36 * arousal) ** 2)
    weight *= math.exp(-2.0 * (candidate.minor - (0.45 - 0.45 * valence)) ** 2)
    if candidate.character is not None:  # it must bear every mood of the curve
        apart = sum(math.dist(candidate.character, point) ** 2 for point in wished) / len(wished)
        weight *= math.exp(-2.5 * apart)
    if brief.meter is not None and brief.meter not in candidate.meters:
        weight *= 0.02
    if brief.tempo is not None and not candidate.tempo[0] <= brief.tempo <= candidate.tempo[2]:
        weight *= 0.05
    players = {*candidate.melody, *candidate.chords, *candidate.pad, *candidate.bass, candidate.kit}
    for name in brief.instruments:
        weight *= 4.0 if name in players else 0.4
    return weight


def key(brief: Brief, chosen: Style, valence: float, grade: Grade | None, rng: Random) -> Key:
    """The key asked for, or that of the person's chords, or one that suits style and mood."""
    if brief.key is not None:
        return Key.parse(brief.key)
    if brief.chords:
        return infer_key([(Chord.parse(c), 1 / len(bar)) for bar in brief.chords for c in bar])
    # Mode is the strongest cue of valence (Eerola, Friberg and Bresin, 2013): a mood that was asked
    # for clearly decides it, whatever the style is used to.
    leaning = math.log((0.02 + chosen.minor) / (1.02 - chosen.minor)) - 6 * valence
    minor = rng.random() < 1 / (1 + math.exp(-leaning))
    mode = "minor" if minor else "major"
    own = [m for m in chosen.modes if Key("D", m).is_minor == minor]
    # Locrian has no stable tonic chord: only where the style lives by it, and rarely.
    weights = [0.15 if m == "locrian" else 1.0 for m in own]
    # Swing and blues keep to major and minor more: their sevenths already sound modal.
    if own and rng.random() < (0.1 if chosen.harmony in ("jazz", "blues") else 0.25):
        mode = rng.choices(own, weights)[0]
    if grade is not None and mode not in grade.modes:
        mode = "minor" if minor else "major"
    tonics = {Key(t, mode): w for t, w in _TONICS[minor].items()}
    most = 5 if grade is None else grade.accidentals
    allowed = {k: w for k, w in tonics.items() if abs(k.fifths) <= most}
    if not allowed:  # grade 1 in a mode whose white-key tonic is not among the comfortable ones
        allowed = {Key("A", "minor") if minor else Key("C"): 1}
    return rng.choices(list(allowed), list(allowed.values()))[0]


def grade(brief: Brief, purpose: str) -> int | None:
    """The grade asked for; a lesson without one takes the lowest from 2 up that holds the brief.

    Raises
    ------
    Refusal
        When the brief asks for what its own grade does not allow.
    """
    if brief.grade is not None:
        if (why := _beyond(brief, limits(brief.grade))) is not None:
            raise Refusal(
                "A grade {grade} lesson does not go as far as {what}; ask for a higher grade "
                "or leave it to me.",
                grade=brief.grade,
                what=why,
            )
        return brief.grade
    if purpose != "lesson":
        return None
    return next((g for g in (2, 3, 4) if _beyond(brief, limits(g)) is None), 5)


def _beyond(brief: Brief, allowed: Grade) -> str | None:
    """What in the brief goes beyond a grade, in words, or None."""
    if brief.key is not None:
        asked = Key.parse(brief.key)
        if abs(asked.fifths) > allowed.accidentals or asked.mode not in allowed.modes:
            return str(asked)
    if brief.tempo is not None and not allowed.tempo[0] <= brief.tempo <= allowed.tempo[1]:
        return f"{brief.tempo:g} bpm"
    if brief.meter is not None and brief.meter not in allowed.meters:
        return brief.meter
    for bar in brief.chords:
        for symbol in bar:
            if Chord.parse(symbol).quality not in allowed.chords:
                return symbol
    return None


def tempo(chosen: Style, mood: tuple[float, float], allowed: Grade | None, rng: Random) -> float:
    """A whole number of quarter notes per minute: the style's typical tempo moved by the mood.

    Mostly by arousal; what is happy is also a little faster than what is sad.
    """
    low, typical, high = chosen.tempo
    valence, arousal = mood
    lift = min(1.0, max(-1.0, 0.9 * arousal + 0.3 * valence))
    reach = high - typical if lift > 0 else typical - low
    bpm = (typical + lift * reach) * rng.uniform(0.96, 1.04)
    low, high = tempo_range(chosen, allowed)
    return float(round(min(high, max(low, bpm))))


def tempo_range(chosen: Style, allowed: Grade | None) -> tuple[float, float]:
    """(slowest, fastest) of a style, inside the grade."""
    low, _, high = chosen.tempo
    if allowed is None:
        return low, high
    slowest, fastest = allowed.tempo
    return min(max(low, slowest), fastest), max(min(high, fastest), slowest)


def mood(brief: Brief, wish: tuple[float, float], vocabulary: Vocabulary, rng: Random) -> Mood:
    """The first mood asked for, else one of those that lie nearest (for a title)."""
    if brief.moods:
        return vocabulary.moods[brief.moods[0]]
    fit = [m for m in vocabulary.moods if m.id not in _NO_ADJECTIVES]
    return rng.choice(sorted(fit, key=lambda m: math.dist((m.valence, m.arousal), wish))[:4])


def title(brief: Brief, chosen: Style, named: Mood, key: Key, language: str) -> str:
    """The person's title, or mood, style and key: "Wistful Waltz in D minor", "忧郁的圆舞曲"."""
    if brief.title:
        return brief.title
    if language == "zh":
        return f"{named.name('zh')}的{chosen.name('zh')}"
    return f"{named.name()} {_as_noun(chosen.name())} in {key}"


def _as_noun(name: str) -> str:
    """A style's name inside a title: "Jazz ballad" -> "Jazz Ballad"; "R&B" stays."""
    return " ".join(w if w[:1].isupper() else w.capitalize() for w in name.split())

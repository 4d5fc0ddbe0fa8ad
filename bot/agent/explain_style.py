"""What makes a style sound as it does, in words: its own entry in the vocabulary, and the score.

In: a style, a plan and a score. Out: sentences that set what is typical of the style beside what
was counted in this piece. What is typical comes from `models/genres.toml`, nothing from memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.agent import explain_score as counted
from bot.i18n import translate
from models import vocabulary
from models.planner.plan import Plan
from models.score import PlacedChord, Score
from models.vocabulary import Mood, Style

#: What the patterns of the vocabulary are called.
COMP_CHOICES = {
    "alberti": "broken chords that rock between low and high",
    "arpeggio": "chords broken into single notes", "block": "chords struck as a whole",
    "bossa": "syncopated chords around the beat", "charleston": "short chords before the beat",
    "gallop": "a galloping figure of one long and two short notes",
    "march": "chords after a bass note on the beat", "montuno": "a syncopated piano montuno",
    "offbeat": "chords between the beats", "power": "power chords of root and fifth",
    "pulse": "chords that pulse in even notes", "stabs": "short chord stabs",
    "strum": "strummed chords", "sustain": "long held chords",
    "tresillo": "chords in groups of three, three and two",
    "waltz": "chords on the second and third beat",
}  # fmt: skip
BASS_CHOICES = {
    "bossa": "a bass of root and fifth in a dotted figure", "disco": "a bass that leaps in octaves",
    "eighths": "a bass in steady eighths", "octaves": "a bass in octaves",
    "pedal": "a bass that holds one note", "reggae": "a bass that leaves the first beat free",
    "root": "a bass on the roots", "root_fifth": "a bass between root and fifth",
    "tango": "a bass in the tango figure", "tumbao": "a bass that comes before the beat",
    "walking": "a walking bass", "waltz": "a bass on the first beat",
}  # fmt: skip
BEAT_CHOICES = {
    "afrobeat": "a layered afrobeat on the drums", "ballad": "a slow backbeat",
    "boom_bap": "a boom-bap beat", "bossa": "a rim click in the bossa figure",
    "breakbeat": "a breakbeat", "brushes": "brushes on the snare",
    "disco": "a disco beat with open hi-hats", "dnb": "a fast drum and bass break",
    "electro": "an electro beat", "epic": "heavy, sparse drums",
    "four_floor": "a kick on every beat", "funk": "a syncopated funk beat",
    "half_time": "a beat at half time", "jig": "a jig on the drums",
    "march": "a march on the drums",
    "metal": "double kicks", "punk": "a fast driving beat", "reggae": "a one-drop beat",
    "reggaeton": "a dembow beat", "rock": "a backbeat on two and four",
    "samba": "a samba on the drums", "shuffle": "a shuffle", "ska": "a ska beat",
    "songo": "a songo beat", "swing": "a swinging ride cymbal", "tango": "a tango on the drums",
    "train": "a train beat on the snare", "trap": "a trap beat with fast hi-hats",
    "waltz": "a waltz on the drums",
}  # fmt: skip
HARMONY_CHOICES = {
    "blues": "blues", "cinematic": "film music", "classical": "classical music",
    "electronic": "electronic music", "folk": "folk music", "jazz": "jazz",
    "latin": "Latin music", "modal": "modal music", "pop": "pop", "rock": "rock",
}  # fmt: skip
SLOWER = "It is usually played at ♩ = {low} to {high}; with {tempo} this is slower."
FASTER = "It is usually played at ♩ = {low} to {high}; with {tempo} this is faster."
USUAL = "It is usually played at ♩ = {low} to {high}, and this is at {tempo}."
#: From so much of a beat on an off-eighth swings.
_SWINGS = 0.56


def why(
    plan: Plan, score: Score, chords: Sequence[PlacedChord], moods: Sequence[str], locale: str
) -> list[str]:
    """Why the piece sounds like its style and moods, one sentence after the other."""
    words = vocabulary.load()
    lines: list[str] = []
    if plan.style in words.styles:
        style = words.styles[plan.style]
        lines += [
            _typical(style, locale),
            _tempo(style, score, locale),
            _swing(plan, locale),
            _harmony(style, score, chords, locale),
            _players(style, plan, locale),
            _rhythm(score, chords, locale),
        ]
    lines += [_mood(words.moods[m], score, locale) for m in moods if m in words.moods][:2]
    return [line for line in lines if line]


def _typical(style: Style, locale: str) -> str:
    """The patterns that the style is known by."""
    told = [COMP_CHOICES.get(style.comp, ""), BASS_CHOICES.get(style.bassline, "")]
    told.append(BEAT_CHOICES.get(style.beat, "") if style.kit else "")
    named = [translate(each, locale) for each in told if each]
    return translate("Typical of {style}: {patterns}.", locale, style=style.name(locale),
                     patterns=translate(", ", locale).join(named))  # fmt: skip


def _tempo(style: Style, score: Score, locale: str) -> str:
    low, _, high = style.tempo
    values = {"low": f"{low:g}", "high": f"{high:g}", "tempo": f"{score.bpm:.4g}"}
    text = SLOWER if score.bpm < low else FASTER if score.bpm > high else USUAL
    return translate(text, locale, **values)


def _swing(plan: Plan, locale: str) -> str:
    if plan.swing < _SWINGS:
        return translate("Its eighth notes are straight.", locale)
    share = f"{plan.swing * 100:.0f}"
    return translate("Its eighth notes swing: the first takes {share} % of the beat.", locale,
                     share=share)  # fmt: skip


def _harmony(style: Style, score: Score, chords: Sequence[PlacedChord], locale: str) -> str:
    found = counted.harmony_of(chords, score.key)
    if found is None:
        return ""
    name = translate(HARMONY_CHOICES.get(style.harmony, style.harmony), locale)
    return translate(
        "Its chords follow what {music} does: {kinds} kinds here, and {share} % of all chords have "
        "a seventh or more.",
        locale, music=name, kinds=found.kinds, share=round(found.sevenths * 100),
    )  # fmt: skip


def _players(style: Style, plan: Plan, locale: str) -> str:
    """Which of the players are those that the style usually has."""
    words = vocabulary.load()
    usual = {*style.melody, *style.chords, *style.pad, *style.bass, style.kit}
    here = list(dict.fromkeys(p.instrument for p in plan.parts if p.instrument in usual))
    names = [
        (words.kits if key in words.kits else words.instruments)[key].name(locale) for key in here
    ]
    if not names:
        return translate("None of its players is usual in that style.", locale)
    return translate("Usual in that style are its {players}.", locale,
                     players=translate(", ", locale).join(names))  # fmt: skip


def _rhythm(score: Score, chords: Sequence[PlacedChord], locale: str) -> str:
    """Where the accompaniment falls, as counted."""
    comp, bass = score.track("chords"), score.track("bass")
    parts = []
    if comp is not None and comp.notes:
        share = round(counted.off_beat(comp.notes, score.meter.pulse) * 100)
        parts.append(translate("{share} % of the chord strokes fall between the beats", locale,
                               share=share))  # fmt: skip
    if bass is not None and bass.notes and chords:
        share = round(counted.roots(bass.notes, score, chords) * 100)
        parts.append(translate("{share} % of the bass notes are roots", locale, share=share))
    if not parts:
        return ""
    return translate("Counted here: {findings}.", locale,
                     findings=translate(", ", locale).join(parts))  # fmt: skip


def _mood(mood: Mood, score: Score, locale: str) -> str:
    """What of key and tempo speaks for a mood, and what against it."""
    minor = score.key.is_minor
    for_it: list[str] = []
    against: list[str] = []
    if abs(mood.valence) >= 0.2:
        side = for_it if (mood.valence < 0) == minor else against
        side.append(translate("the minor key" if minor else "the major key", locale))
    if abs(mood.arousal) >= 0.2 and not 90 <= score.bpm <= 115:
        slow = score.bpm < 90
        side = for_it if (mood.arousal < 0) == slow else against
        side.append(translate("the slow tempo" if slow else "the fast tempo", locale))
    name = mood.name(locale)
    both = {
        "mood": name,
        "reasons": translate(", ", locale).join(for_it),
        "others": translate(", ", locale).join(against),
    }
    if for_it and against:
        return translate("For “{mood}” speak: {reasons}; against it: {others}.", locale, **both)
    if for_it:
        return translate("For “{mood}” speak: {reasons}.", locale, **both)
    if against:
        return translate("“{mood}” was asked for; key and tempo speak against it: {others}.",
                         locale, **both)  # fmt: skip
    return ""

"""Random briefs over the whole vocabulary: the cases of the control benchmark.

In: a number and a seed. Out: briefs of which about half the fields are asked for, each possible on
its own and together (no jingle of a minute, no grade 1 lesson in G flat at 190).
"""

from __future__ import annotations

import random
from dataclasses import replace

from models.planner.brief import Brief
from models.theory import Key
from models.vocabulary import Style, Vocabulary, load

_TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_PROGRESSIONS = (
    (("C", "Am", "F", "G"), "C major"),
    (("Dm7", "G7", "Cmaj7", "Cmaj7"), "C major"),
    (("Am", "F", "C", "G"), "A minor"),
    (("Em", "C", "G", "D/F#"), "G major"),
    (("Fmaj7", "Em7", "Dm7", "Cmaj7"), "C major"),
    (("Gm", "Eb", "Bb", "F"), "G minor"),
    (("D", "A/C#", "Bm", "F#m", "G", "D", "G", "A7"), "D major"),
    (("Cm", "Ab", "Fm", "G7"), "C minor"),
)

_FORMS = (
    ("verse", "chorus"),
    ("verse", "chorus", "verse", "chorus"),
    ("intro", "verse", "chorus", "outro"),
    ("theme", "theme", "bridge", "theme"),
    ("intro", "theme", "bridge", "theme"),
)


def random_briefs(number: int, seed: int) -> list[Brief]:
    """`number` briefs, the same for the same seed; purposes, styles and moods in turn."""
    rng, words = random.Random(seed), load()
    styles = list(words.styles)
    rng.shuffle(styles)
    return [_brief(rng, words, styles[i % len(styles)], seed * 1000 + i) for i in range(number)]


def _brief(rng: random.Random, words: Vocabulary, style: Style, seed: int) -> Brief:
    def maybe(share: float) -> bool:
        return rng.random() < share

    purpose = rng.choice([p.id for p in words.purposes])
    seconds = bars = None
    if purpose == "jingle":
        seconds = rng.choice((5.0, 15.0, 30.0))
    elif maybe(0.6):
        seconds = round(rng.uniform(8, 75), 1)
    elif maybe(0.6):
        bars = rng.choice((4, 8, 12, 16, 24, 32))
    chords: tuple[tuple[str, ...], ...] = ()
    key = None
    if maybe(0.2):
        symbols, key = rng.choice(_PROGRESSIONS)
        chords = tuple((symbol,) for symbol in symbols)
    elif maybe(0.5):
        mode = rng.choices(("major", "minor", "dorian", "mixolydian"), (5, 5, 1, 1))[0]
        key = str(Key(rng.choice(_TONICS), mode))
    low, _, high = style.tempo
    tempo = float(rng.randint(round(low), round(high))) if maybe(0.4) else None
    return Brief(
        style=style.id if maybe(0.9) else None,
        moods=(rng.choice([m.id for m in words.moods]),) if maybe(0.6) else (),
        key=key,
        tempo=tempo,
        meter=rng.choice(("4/4", "3/4", "6/8", "2/4")) if maybe(0.3) else None,
        bars=bars,
        seconds=seconds,
        purpose=purpose,
        instruments=_instruments(rng, words) if maybe(0.4) else (),
        chords=chords,
        grade=rng.randint(1, 5) if purpose == "lesson" and not (key or tempo) else None,
        seed=seed,
    )


def _instruments(rng: random.Random, words: Vocabulary) -> tuple[str, ...]:
    tunes = [i.id for i in words.instruments if "melody" in i.roles]
    basses = [i.id for i in words.instruments if "bass" in i.roles]
    chordal = [i.id for i in words.instruments if "chords" in i.roles]
    chosen = [rng.choice(tunes)]
    if rng.random() < 0.7:
        chosen.append(rng.choice(chordal))
    if rng.random() < 0.5:
        chosen.append(rng.choice(basses))
    if rng.random() < 0.4:
        chosen.append(rng.choice([k.id for k in words.kits]))
    return tuple(dict.fromkeys(chosen))


def attribute_sets(number: int, seed: int) -> list[Brief]:
    """Briefs that state tempo, key, meter, bars and instruments; half chords, the others a form."""
    rng, words = random.Random(f"{seed}/sets"), load()
    out = []
    for index, brief in enumerate(random_briefs(number, seed)):
        style = words.styles[brief.style] if brief.style else rng.choice(list(words.styles))
        low, _, high = style.tempo
        bars = rng.choice((8, 12, 16, 24, 32))
        chords: tuple[tuple[str, ...], ...] = ()
        form: tuple[str, ...] = ()
        if index % 2 == 0:
            symbols, key = rng.choice(_PROGRESSIONS)
            chords = tuple((symbol,) for symbol in symbols)
        else:
            form = rng.choice(_FORMS)
            bars = max(bars, 4 * len(form))
            mode = rng.choices(("major", "minor"), (1, 1))[0]
            key = str(Key(rng.choice(_TONICS), mode))
        out.append(
            replace(
                brief, key=key, chords=chords, form=form, bars=bars, seconds=None, grade=None,
                tempo=float(rng.randint(round(low), round(high))),
                meter=rng.choice(("4/4", "3/4", "6/8", "2/4")),
                instruments=_instruments(rng, words),
                purpose=rng.choice(("song", "film_cue", "game_loop")),
            )
        )  # fmt: skip
    return out


def mood_briefs(number: int, seed: int) -> tuple[list[Brief], list[Brief]]:
    """Briefs that ask for a mood (half of them a style too), and as many that feel like nothing."""
    rng, words = random.Random(f"{seed}/moods"), load()
    moods, styles = list(words.moods), list(words.styles)
    rng.shuffle(moods)
    asked = [
        Brief(
            style=rng.choice(styles).id if i % 2 else None,
            moods=(moods[i % len(moods)].id,),
            bars=rng.choice((8, 12, 16)),
        )
        for i in range(number)
    ]
    neutral = [
        Brief(
            style=rng.choice(styles).id if i % 2 else None,
            valence=0.0,
            arousal=0.0,
            bars=rng.choice((8, 12, 16)),
        )
        for i in range(number)
    ]
    return asked, neutral

"""Random valid briefs over the whole vocabulary, for property tests of the planner."""

from __future__ import annotations

from hypothesis import strategies as st

from models import vocabulary
from models.planner.brief import Brief
from models.theory import MODES

METERS = ("4/4", "3/4", "6/8", "2/4")
SECTION_NAMES = ("intro", "verse", "pre-chorus", "chorus", "bridge", "solo", "outro", "A", "B", "C")
TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
CHORDS = ("C", "Am", "Dm7", "G7", "F/A", "Ebmaj7", "F#m7b5", "Bb", "E7b9", "Asus4", "Abdim7", "D5")


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | strategy


@st.composite
def briefs(draw: st.DrawFn) -> Brief:
    """A brief within `models.planner.bounds`; tempo, bars and seconds may contradict each other."""
    words = vocabulary.load()
    ids = {
        kind: [entry.id for entry in getattr(words, kind)]
        for kind in ("styles", "moods", "instruments", "purposes", "kits")
    }
    purpose = draw(maybe(st.sampled_from(ids["purposes"])))
    lengths = words.purposes[purpose].lengths if purpose else ()
    seconds = maybe(
        st.sampled_from(lengths) if lengths else st.floats(3, 600, allow_nan=False, width=32)
    )
    instruments = draw(st.lists(st.sampled_from(ids["instruments"]), max_size=6, unique=True))
    if instruments and draw(st.booleans()):
        instruments.append(draw(st.sampled_from(ids["kits"])))
    barred = [i for i in ids["instruments"] + ids["kits"] if i not in instruments]
    bar = st.lists(st.sampled_from(CHORDS), min_size=1, max_size=4).map(tuple)
    size = draw(st.sampled_from(("none", "bars", "seconds", "seconds", "all")))
    return Brief(
        style=draw(maybe(st.sampled_from(ids["styles"]))),
        moods=tuple(draw(st.lists(st.sampled_from(ids["moods"]), max_size=4))),
        valence=draw(maybe(st.floats(-1, 1))),
        arousal=draw(maybe(st.floats(-1, 1))),
        key=draw(
            maybe(st.tuples(st.sampled_from(TONICS), st.sampled_from(list(MODES))).map(" ".join))
        ),
        tempo=draw(maybe(st.integers(30, 300).map(float))),
        meter=draw(maybe(st.sampled_from(METERS))),
        bars=draw(st.integers(1, 200)) if size in ("bars", "all") else None,
        seconds=draw(seconds) if size in ("seconds", "all") else None,
        purpose=purpose,
        instruments=tuple(instruments),
        without=tuple(draw(st.lists(st.sampled_from(barred), max_size=3, unique=True))),
        chords=tuple(draw(st.just([]) | st.lists(bar, max_size=9))),
        form=tuple(draw(st.just([]) | st.lists(st.sampled_from(SECTION_NAMES), max_size=9))),
    )

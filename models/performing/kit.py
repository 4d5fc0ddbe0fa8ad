"""A drum kit's limbs: which General MIDI keys are played alike, and which places in the bar.

In: percussion keys and places in the bar. Out: indices into `CLASSES` and `PLACES`. Levels of
loudness are the arranger's (`models.arranger.kit`); its classes are sounds, these are limbs: a hat
that is trodden on is not a hat that is struck. Keys 22, 26 and 58 are an electronic kit's hat edges
and the rim of a tom.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.score import Meter

#: Places in a bar that are played alike: its first beat, the beat of its second half, the other
#: beats, and the sixteenths between ("e", "and", "a"); a swung off-eighth is an "and".
PLACES = ("one", "three", "back", "e", "and", "a")
CLASSES = ("kick", "snare", "rim", "hat", "pedal", "open", "ride", "crash", "tom")

_KEYS: Mapping[str, tuple[int, ...]] = {
    "kick": (35, 36),
    "snare": (38, 39, 40),
    # Sticks on wood and metal: side stick, castanets, cowbell, agogo, claves, wood blocks.
    "rim": (31, 37, 56, 67, 68, 75, 76, 77, 85),
    # What keeps time with small strokes: closed hat, tambourine, cabasa, maracas, guiro, shaker.
    "hat": (22, 42, 54, 69, 70, 73, 74, 82),
    "pedal": (44,),
    "open": (26, 46),
    "ride": (51, 53, 59, 80, 81),
    "crash": (49, 52, 55, 57),
}
_CLASS_OF = {key: CLASSES.index(name) for name, keys in _KEYS.items() for key in keys}


def class_of(pitch: int) -> int:
    """Index into `CLASSES`; skins without a class of their own (congas, timbales) are toms."""
    return _CLASS_OF.get(pitch, CLASSES.index("tom"))


def place_of(onset: float, meter: Meter) -> int:
    """Index into `PLACES` of an onset in beats on the grid; triplets count as their neighbours."""
    within_bar = onset % meter.bar_beats
    pulse = meter.pulse
    beat, within = divmod(within_bar + 1e-6, pulse)
    if meter.is_compound:
        step = round(within * 4)
        return _beat(beat * pulse, meter) if step == 0 else 4 if step % 2 == 0 else 3
    within /= pulse
    if within >= 0.93:
        beat, within = beat + 1, 0.0
    if within < 0.17:
        return _beat(beat * pulse % meter.bar_beats, meter)
    return 3 if within < 0.42 else 4 if within < 0.7 else 5


def _beat(within_bar: float, meter: Meter) -> int:
    """Which kind of beat begins at a place in the bar."""
    if within_bar < 0.1:
        return 0
    halved = meter.numerator % 2 == 0 and meter.bar_beats > 2
    return 1 if halved and abs(within_bar - meter.bar_beats / 2) < 0.1 else 2

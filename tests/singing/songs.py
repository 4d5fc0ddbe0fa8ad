"""Words on notes for the tests of the singing voice."""

from collections.abc import Sequence

from models.lyrics import Line, Lyrics, Sung
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key


def song(
    lines: Sequence[str],
    pitches: Sequence[int],
    *,
    beats: float = 1.0,
    rest: float = 2.0,
    bpm: float = 96.0,
    first: float = 4.0,
) -> tuple[Lyrics, Score]:
    """Lines such as "the win-ter sea_" from beat `first` on, `rest` beats between them.

    Every syllable has one note of `beats`; one that ends in "_" has two, the second a tone higher.
    """
    written, notes, at, count = [], [], first, 0
    for text in lines:
        sung = []
        for word in text.split():
            parts = word.split("-")
            for i, part in enumerate(parts):
                pitch = pitches[count % len(pitches)]
                count += 1
                many = 2 if part.endswith("_") else 1
                notes += [Note(at + j * beats, pitch + 2 * j, beats) for j in range(many)]
                end = at + many * beats
                sung.append(Sung(part.rstrip("_"), at, end, many, i < len(parts) - 1))
                at = end
        written.append(Line(text.replace("-", "").replace("_", ""), 0, tuple(sung)))
        at += rest
    bars = int(at // 4) + 1
    track = Track("Melody", "melody", 73, tuple(notes))
    key = Key("C")
    score = Score("Song", key, Meter(), (Tempo(0.0, bpm),), bars, (track,))
    return Lyrics("Song", "en", tuple(written)), score

"""Does a piece feel as it was asked to? Judged from the finished MIDI by published cues.

In: briefs that ask for a mood. Out: how often the sign of valence and of arousal agrees, of those
asked for by a quarter of the scale or more. The rule was fixed before anything was judged: the
threshold is `mood_judge.agreement`'s, the answer is the judge's sign, and two middles are reported,
that of human-made pieces and that of own pieces made without a mood (their seeds are others).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from models import midi, mood_judge, vocabulary
from models.arranger.plain import arrange
from models.composer.compose import compose
from models.composer.evaluation.study import Figure, Study
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Score

_NEUTRAL = 48
_APART = 100_000  # seeds of the neutral pieces
_TARGETS = {"valence": ">= 72", "arousal": ">= 85"}
_REFERENCES = {
    "valence": "a detector trained on human labels 74.5",
    "arousal": "a detector trained on human labels 84.8",
}


def moods(study: Study, briefs: Sequence[Brief], neutral: Sequence[Brief]) -> list[Figure]:
    """Agreement in per cent on each dimension, under both middles.

    `briefs` ask for one mood each; `neutral` are like them without one.
    """
    words = vocabulary.load()
    asked = {m.id: (m.valence, m.arousal) for m in words.moods}
    chosen = briefs[: study.cases(len(briefs))]
    plain = neutral[: study.cases(_NEUTRAL)]
    pieces, middle = [], []
    for number, brief in enumerate(chosen):
        study.say(f"mood {number + 1} of {len(chosen)}: {brief.moods[0]}")
        pieces.append((asked[brief.moods[0]], _made(study, brief, study.seed + number)))
    for number, brief in enumerate(plain):
        study.say(f"neutral piece {number + 1} of {len(plain)}")
        middle.append(_made(study, brief, study.seed + _APART + number))
    norms = {
        "own neutral pieces": mood_judge.HUMAN.centred_on(middle),
        "human pieces": mood_judge.HUMAN,
    }
    out = []
    for name, norm in norms.items():
        judged = [(wish, mood_judge.judge(score, norm)) for wish, score in pieces]
        for k, dimension in enumerate(("valence", "arousal")):
            found = mood_judge.agreement([(wish[k], got[k]) for wish, got in judged])
            words_ = (
                f"{found.counted} pieces; 95 %: {100 * found.low:.0f} to {100 * found.high:.0f}; "
                + _REFERENCES[dimension]
            )
            out.append(
                Figure(
                    f"{dimension}, middle of {name}", 100 * found.share, "%",
                    _TARGETS[dimension], words_,
                )
            )  # fmt: skip
    return out


def _made(study: Study, brief: Brief, seed: int) -> Score:
    """A finished piece, through its MIDI file."""
    plan = make_plan(brief, seed)
    score = arrange(plan, compose(plan, study.composer, seed))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "piece.mid"
        midi.write(score, path)
        return midi.read(path)

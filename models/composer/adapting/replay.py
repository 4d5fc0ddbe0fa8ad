"""The music that a learned style must not forget: a small set that is shipped beside the weight.

In: the composer's training sheets by split. Out: `replay.json.gz`, and `Replay` read back from it:
sheets to train on again while a style is learned (rehearsal: Robins, *Catastrophic forgetting,
rehearsal and pseudorehearsal*, 1995), held-out sheets on which to see whether the base got worse,
and where the manners lie among the features. Only sheets of sources that anybody may pass on go in:
OpenScore Lieder (CC0), and hymns and dance tunes out of books in the public domain.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import hub
from models.composer.adapting.habits import Manners
from models.composer.describe import sheet_profile
from models.composer.sheets import LeadSheet
from models.errors import Refusal

SOURCES = ("lieder", "hymnal", "ryan", "oneill")
PATH = hub.WEIGHTS / "composer" / "replay.json.gz"
_MOST_BARS = 48


@dataclass(frozen=True)
class Replay:
    """`rehearsed` sheets of the training split, `held` ones of the validation split."""

    rehearsed: tuple[LeadSheet, ...]
    held: tuple[LeadSheet, ...]
    manners: Manners


def build_replay(
    sheets: Mapping[str, Sequence[LeadSheet]],
    path: Path = PATH,
    rehearsed: int = 52,
    held: int = 24,
) -> Path:
    """Choose and write the set, the same for the same sheets; the end of a training run.

    `sheets` are all lead sheets by split. Each source gets the same share.
    """
    training = sheets["train"]
    profiles = np.array([sheet_profile(s) for s in training], np.float32)
    manners = Manners.of(profiles, [s.style for s in training])
    raw = {
        "licence": "OpenScore Lieder: CC0; hymnal, ryan, oneill: public domain",
        "rehearsed": [s.to_json() for s in _drawn(training, rehearsed)],
        "held": [s.to_json() for s in _drawn(sheets["validation"], held)],
        "manners": {name: _plain(mean) for name, mean in manners.means.items()},
        "spread": _plain(manners.spread),
    }
    text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    return path


def _drawn(sheets: Sequence[LeadSheet], count: int) -> list[LeadSheet]:
    rng = np.random.default_rng(0)
    out: list[LeadSheet] = []
    for source in SOURCES:
        fitting = [s for s in sheets if s.source == source and s.bars <= _MOST_BARS]
        share = min(count // len(SOURCES), len(fitting))
        out.extend(fitting[i] for i in sorted(rng.permutation(len(fitting))[:share]))
    return out


def _plain(values: np.ndarray) -> list[float]:
    return [round(float(v), 4) for v in values]


def load_replay(path: Path = PATH) -> Replay:
    """The shipped set.

    Raises
    ------
    Refusal
        When it is missing.
    """
    if not path.is_file():
        raise Refusal(
            "The weight “{name}” is not installed; “python -m bot doctor” says what is missing.",
            name="composer/replay",
        )
    raw = json.loads(gzip.decompress(path.read_bytes()))
    parts = [tuple(LeadSheet.from_json(s) for s in raw[name]) for name in ("rehearsed", "held")]
    means = {name: np.array(mean, np.float32) for name, mean in raw["manners"].items()}
    return Replay(parts[0], parts[1], Manners(means, np.array(raw["spread"], np.float32)))

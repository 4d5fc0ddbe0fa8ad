"""Count `habits.npz` from the training split of the lead sheets.

`python -m models.transcriber.learn DATA [CACHE]` writes it; `DATA` is the folder of the data sets.
Corpora count by the square root of their size, so that fiddle tunes do not outvote songs. The
weights of the key's evidence are fitted by maximum likelihood over 24 keys (a conditional logit) on
openings of 4, 8 and 16 bars of training tunes whose books state their keys.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise, product
from pathlib import Path

import numpy as np

from models.composer.data import load_sheets
from models.composer.sheets import BAR_STEPS, METERS, LeadSheet
from models.transcriber.habits import LONGEST, PATH, WIDEST, from_counts, step_class
from models.transcriber.key import evidence
from models.transcriber.pitch import Floats

_RIDGE = 3e-4  # chosen on validation openings
_FEWEST = 12
_OPENINGS = (4, 8, 16)  # bars


def count(sheets: Sequence[LeadSheet]) -> dict[str, Floats]:
    """All counts but the weights, which are 1."""
    sizes = Counter(s.source for s in sheets)
    out: dict[str, Floats] = {
        "moves": np.zeros((2, 12, 2 * WIDEST + 1)),
        "firsts": np.zeros((2, 12)),
        "sounding": np.zeros((2, 12)),
        "key_weights": np.zeros((2, 157)),
    }
    for meter in METERS:
        bar = BAR_STEPS[meter]
        out |= {f"steps {meter}": np.zeros((6, bar, LONGEST))}
        out |= {f"degrees {meter}": np.zeros((2, bar, 12))}
        out |= {f"starts {meter}": np.zeros(bar), f"ends {meter}": np.zeros(bar)}
    for sheet in sheets:
        _count(sheet, 20 / np.sqrt(sizes[sheet.source]), out)
    return out


def _count(sheet: LeadSheet, weight: float, out: dict[str, Floats]) -> None:
    mode, bar = int(sheet.minor), sheet.bar_steps
    pitches = [pitch for _, _, pitch in sheet.notes]
    for before, after in pairwise(pitches):
        interval = int(np.clip(after - before, -WIDEST, WIDEST)) + WIDEST
        out["moves"][mode, before % 12, interval] += weight
    for _, length, pitch in sheet.notes:
        out["sounding"][mode, pitch % 12] += weight * min(length, 16)
    out["firsts"][mode, pitches[0] % 12] += weight
    onsets = [on for on, _, _ in sheet.notes]
    before = 0
    for a, b in pairwise(onsets):
        out[f"steps {sheet.meter}"][step_class(before), a % bar, min(b - a, LONGEST) - 1] += weight
        before = b - a
    for on, _, pitch in sheet.notes:
        out[f"degrees {sheet.meter}"][mode, on % bar, pitch % 12] += weight
    out[f"starts {sheet.meter}"][onsets[0] % bar] += weight
    out[f"ends {sheet.meter}"][onsets[-1] % bar] += weight


def fit_key_weights(sheets: Sequence[LeadSheet], counts: dict[str, Floats]) -> Floats:
    """Weights of `key.evidence` that make the stated keys of openings likeliest, (2, 157)."""
    import torch

    habits = from_counts(counts)
    sizes = Counter(s.source for s in sheets)
    rows, answers, weights = [], [], []
    # Game music states no keys: its sheets have what `key_finder` found.
    for sheet, bars in product((s for s in sheets if s.source != "gamemusic"), _OPENINGS):
        end = (sheet.notes[0][0] // sheet.bar_steps + bars) * sheet.bar_steps
        notes = [(on, min(size, end - on), pitch) for on, size, pitch in sheet.notes if on < end]
        if len(notes) >= _FEWEST:
            onsets, lengths, pitches = zip(*notes, strict=True)
            rows.append(evidence(pitches, lengths, onsets, habits).astype(np.float32))
            answers.append(12 * int(sheet.minor))
            weights.append(sizes[sheet.source] ** -0.5)
    seen = torch.tensor(np.stack(rows).reshape(len(rows), 2, 12, -1))  # (N, mode, tonic, F)
    truth, share = torch.tensor(answers), torch.tensor(weights) / float(np.mean(weights))
    # The bias of a mode is the sum of a one-hot row's weights, so none is needed.
    fitted = torch.zeros(2, seen.shape[-1], requires_grad=True)
    search = torch.optim.LBFGS([fitted], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        scores = torch.einsum("nmtf,mf->nmt", seen, fitted).flatten(1)
        missed = torch.nn.functional.cross_entropy(scores, truth, reduction="none")
        total = (missed * share).mean() + _RIDGE * (fitted**2).sum()
        total.backward()
        return total

    search.step(loss)
    return np.asarray(fitted.detach().numpy(), np.float64)


def rebuild(data: Path, cache: Path, out: Path = PATH) -> str:
    """Count, fit, write; says what was written."""
    sheets = load_sheets(data, cache)["train"]
    counts = count(sheets)
    counts["key_weights"] = fit_key_weights(sheets, counts)
    small = {name: np.asarray(values, np.float32) for name, values in counts.items()}
    np.savez_compressed(out, allow_pickle=False, **small)
    return f"{out.name}: {len(sheets)} tunes"


if __name__ == "__main__":
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(".cache/composer")
    sys.stdout.write(rebuild(Path(sys.argv[1]), folder) + "\n")

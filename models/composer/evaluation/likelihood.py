"""How well the network expects what people wrote: nats per melody note, by data set.

In: test sheets. Out: one figure for each data set and each thing that is told. All events count,
rests and held notes included; the sum is divided by the onsets. The rows of one data set are one
network told more or less, beside n-grams and a network of the same size that was never told
anything. A style vector is the mean over training pieces by the same author, or in the same manner
where none is named: never of the piece itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.torch import load_file

from models.composer.batches import Window, bare, leave_open
from models.composer.describe import encode, sheet_profile
from models.composer.evaluation.study import Figure, Study, spread
from models.composer.features import Floats
from models.composer.measure import nats, windows_of
from models.composer.model import ComposerModel, Shape
from models.composer.ngram import Ngram
from models.composer.sheets import LeadSheet

_LENGTH = 320  # events in a window, as in training
_KIN = 8
_ORDERS = (2, 5)  # the best n-gram here, and the one that papers compare with
Windows = Callable[[LeadSheet], list[Window]]


def likelihood(study: Study, unconditional: Path | None = None) -> list[Figure]:
    """Figures "data set, what is told": nats per note, smaller is better.

    `unconditional` is the weight of the model of the same size that is told nothing; without it
    its rows are left out.
    """
    test = list(study.sheets["test"])
    if study.quick:
        test = spread(test, len(test) // 4)
    groups: dict[str, list[LeadSheet]] = defaultdict(list)
    for sheet in test:
        groups[sheet.source].append(sheet)
    groups = dict(sorted(groups.items()))
    model = study.composer.decoder.model
    summed: dict[str, dict[str, float]] = {}
    for name, windows in _tellings(test, study.sheets["train"]).items():
        study.say(f"likelihood, told: {name}")
        summed[name] = {k: _nats(model, members, windows) for k, members in groups.items()}
    if unconditional is not None:
        study.say("likelihood, told nothing")
        other = load_unconditional(unconditional)
        summed["told nothing (own network)"] = {
            k: _nats(other, members, _nothing) for k, members in groups.items()
        }
    for order in _ORDERS:
        ngram = Ngram(order).fit(study.sheets["train"])
        summed[f"{order}-gram"] = {k: sum(map(ngram.nats, g)) for k, g in groups.items()}
    return _figures(groups, summed)


def _figures(
    groups: dict[str, list[LeadSheet]], summed: dict[str, dict[str, float]]
) -> list[Figure]:
    notes = {k: sum(len(s.notes) for s in members) for k, members in groups.items()}
    chorded = [k for k, members in groups.items() if any(s.chords for s in members)]
    out = []
    for group, parts in {"all with chords": chorded, **{k: [k] for k in groups}}.items():
        count = sum(notes[k] for k in parts)
        for name, found in summed.items():
            if group in groups and group not in chorded and name == "without chords":
                continue  # there are none to leave out
            value = sum(found[k] for k in parts) / count
            out.append(Figure(f"{group}, {name}", value, "nats/note", reference=f"{count} notes"))
    return out


def _tellings(test: Sequence[LeadSheet], train: Sequence[LeadSheet]) -> dict[str, Windows]:
    """What each row tells the network about a sheet."""
    styles = _Styles(train)
    full = {s.id: windows_of([encode(s)], _LENGTH) for s in test}
    without = {s.id: windows_of([encode(replace(s, chords=()))], _LENGTH) for s in test}
    return {
        "chords": lambda s: [Window(bare(w)) for w in full[s.id]],
        "chords and style vector": lambda s: [
            Window(bare(w), style=styles.of(s)) for w in full[s.id]
        ],
        "chords and bar attributes": lambda s: [Window(w) for w in full[s.id]],
        "chords, attributes, latents": lambda s: [Window(w, latent=True) for w in full[s.id]],
        "chords, manner unknown": lambda s: [
            Window(leave_open(bare(w), ("style",))) for w in full[s.id]
        ],
        "without chords": lambda s: [Window(bare(w)) for w in without[s.id]],
    }


def _nothing(sheet: LeadSheet) -> list[Window]:
    blank = replace(sheet, chords=(), style="unknown", minor=False)
    return [Window(bare(w)) for w in windows_of([encode(blank)], _LENGTH)]


def _nats(model: ComposerModel, sheets: Sequence[LeadSheet], windows: Windows) -> float:
    token, duration, _ = nats(model, [w for s in sheets for w in windows(s)])
    return token + duration


class _Styles:
    """Style vectors of test sheets from training pieces like them."""

    def __init__(self, train: Sequence[LeadSheet]) -> None:
        self.kin: dict[tuple[str, str], list[LeadSheet]] = defaultdict(list)
        self.found: dict[tuple[str, str], Floats] = {}
        for sheet in train:
            for name in {sheet.author, sheet.style} - {""}:
                self.kin[sheet.source, name].append(sheet)

    def of(self, sheet: LeadSheet) -> Floats | None:
        """The vector of (source, author), else (source, style); None without such pieces."""
        keys = [(sheet.source, name) for name in (sheet.author, sheet.style) if name]
        key = next((k for k in keys if k in self.kin), None)
        if key is None:
            return None
        if key not in self.found:
            members = self.kin[key]
            chosen = np.random.default_rng(0).permutation(len(members))[:_KIN]
            profiles = [sheet_profile(members[k]) for k in chosen]
            self.found[key] = np.mean(profiles, axis=0, dtype=np.float32)
        return self.found[key]


def load_unconditional(path: Path) -> ComposerModel:
    """The network that `unconditional.toml` trains."""
    with safe_open(path, framework="pt") as stream:
        facts = json.loads(stream.metadata()["segno"])
    model = ComposerModel(Shape(**facts["shape"]))
    model.load_state_dict({k: v.float() for k, v in load_file(path).items()})
    return model.eval().requires_grad_(False)

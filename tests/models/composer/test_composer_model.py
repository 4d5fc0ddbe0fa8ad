"""The network, its training step and its weight file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models import hub
from models.composer import train as training
from models.composer.batches import Batch, Mixture, Window, bare, collate, epoch
from models.composer.data import Pieces
from models.composer.describe import encode
from models.composer.features import NAMES
from models.composer.harmony.train import train_harmoniser
from models.composer.model import ComposerModel, Shape
from models.composer.ngram import Ngram
from models.composer.sheets import LeadSheet
from models.errors import Refusal

SMALL = Shape(width=32, layers=2, heads=2, inner=48, latent=4, encoder_width=16, positions=128)
RECIPE = {
    "shape": SMALL.to_json(),
    "train": {
        "seed": 1, "learning_rate": 3e-3, "warmup": 5, "weight_decay": 0.0, "average": 0.9,
        "free_bits": 0.25, "beta": 0.1, "cycle": 20,
    },
}  # fmt: skip
PLAIN = Mixture(length=64, batch_events=128, open_rows=0.2, gap_rows=0.2)


def scale(bars: int = 8, shift: int = 0) -> LeadSheet:
    notes = tuple((i * 4, 4, 60 + (i + shift) % 8) for i in range(4 * bars))
    chords = tuple((16 * b, (0, 5, 7, 0)[b % 4], 0) for b in range(bars))
    return LeadSheet(f"s{shift}", "test", "pop", "4/4", False, bars, notes, chords)


def test_the_model_cannot_see_what_it_is_to_predict() -> None:
    torch.manual_seed(0)
    model = ComposerModel(SMALL).eval()
    first, second = (bare(encode(scale(shift=s))) for s in (0, 3))
    assert (first.tokens != second.tokens).any()
    inputs = [collate([Window(w)]).inputs[:, :1] for w in (first, second)]
    assert torch.equal(inputs[0], inputs[1])  # nothing is known before the first event
    shares = model.no_latent.expand(1, len(first.tokens), -1)
    tensor = torch.from_numpy(first.inputs).unsqueeze(0)
    changed = tensor.clone()
    changed[:, 10:] = torch.from_numpy(second.inputs)[10:]
    with torch.no_grad():
        a, b = (
            model.decoder(inputs_embeds=model.embed(x, shares, model.no_style)).last_hidden_state
            for x in (tensor, changed)
        )
    assert torch.equal(a[:, :10], b[:, :10]) and not torch.equal(a[:, 10:], b[:, 10:])


def test_a_latent_tells_the_decoder_about_its_bar_only() -> None:
    torch.manual_seed(0)
    model = ComposerModel(SMALL).eval()
    batch = collate([Window(encode(scale()), latent=True)])
    shares, kl = model.latents(batch, sample=False)
    assert kl.shape == (8, SMALL.latent) and (kl >= -1e-6).all()
    bars = batch.bar_index[0]
    same = shares[0, bars == 0]
    assert torch.equal(same, same[:1].expand_as(same))
    assert not torch.equal(shares[0, bars == 0][0], shares[0, bars == 3][0])


def test_training_learns_and_resumes_where_it_stopped(tmp_path: Path) -> None:
    sheets = [scale(shift=s) for s in range(8)]
    pieces = Pieces.of(sheets)
    held = training.Held.of(pieces, 64)
    windows = held.told
    trainer = training.Trainer(RECIPE, tmp_path, resume=False)
    untrained = sum(training.nats(trainer.average, windows)[:2])
    for number in range(12):
        for batch in epoch(pieces, np.random.default_rng(number), PLAIN):
            trainer.step(batch, 0.0)
    trainer.check(held)
    assert sum(training.nats(trainer.average, windows)[:2]) < 0.5 * untrained
    again = training.Trainer(RECIPE, tmp_path, resume=True)
    assert again.progress == trainer.progress and again.progress.step > 0
    for (name, mine), theirs in zip(
        again.plain.state_dict().items(), trainer.plain.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, theirs), name
    harmoniser = train_harmoniser({"train": sheets, "validation": sheets}, minutes=0.01)
    training.finish(tmp_path / "composer.safetensors", sheets, harmoniser)
    tensors = load_file(tmp_path / "composer.safetensors")
    assert len(tensors["novelty.pairs"]) > 0 and "harmoniser.prior" in tensors
    restored = ComposerModel(SMALL)
    others = ("novelty.", "harmoniser.")
    restored.load_state_dict({k: v.float() for k, v in tensors.items() if not k.startswith(others)})
    stored = sum(training.nats(restored, windows)[:2])
    assert stored == pytest.approx(sum(training.nats(trainer.average, windows)[:2]), rel=0.02)


def test_epochs_repeat_for_a_seed_and_use_every_tune() -> None:
    pieces = Pieces.of([scale(shift=s) for s in range(8)])
    runs = [list(epoch(pieces, np.random.default_rng(5), PLAIN)) for _ in range(2)]
    assert all(torch.equal(a.inputs, b.inputs) for a, b in zip(*runs, strict=True))
    assert sum(int((b.tokens >= 0).sum()) for b in runs[0]) == 8 * 32


def test_processes_share_an_epoch_and_take_as_many_steps() -> None:
    pieces = Pieces.of([scale(shift=s) for s in range(9)])
    small = Mixture(length=64, batch_events=64)
    parts: list[list[Batch]] = [
        list(epoch(pieces, np.random.default_rng(5), small, part, 2)) for part in range(2)
    ]
    assert len(parts[0]) == len(parts[1]) == 2
    assert not torch.equal(parts[0][0].tokens, parts[1][0].tokens)


def test_a_style_vector_is_told_only_where_it_is_given() -> None:
    torch.manual_seed(0)
    model = ComposerModel(SMALL).eval()
    style = np.full(len(NAMES), 0.5, np.float32)
    batch = collate([Window(encode(scale())), Window(encode(scale()), style=style)])
    shares = model.style_share(batch.style, batch.styled)
    assert torch.equal(shares[0, 0], model.no_style) and not torch.equal(shares[0], shares[1])


def test_the_ngram_is_a_probability_and_knows_what_it_has_seen() -> None:
    ngram = Ngram().fit([scale()])
    context = next(iter(ngram._steps(scale())))[0]
    total = sum(ngram.symbols.probability(context, s) for s in range(ngram.symbols.size))
    assert total == pytest.approx(1.0)
    assert ngram.nats(scale()) < ngram.nats(scale(shift=3)) / 2


def test_a_weight_that_nobody_wrote_down_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "run" / "tiny.safetensors"
    source.parent.mkdir()
    training.save_weight(ComposerModel(SMALL), source, {"step": 3})
    stated = hub.publish("tiny", source, "Apache-2.0", "a test", weights=tmp_path)
    assert hub.manifest("tiny", tmp_path) == stated
    tensors, facts = hub.load("tiny", tmp_path)
    assert facts["step"] == 3 and "token_head.weight" in tensors
    file = tmp_path / "tiny" / "tiny.safetensors"
    damaged = bytearray(file.read_bytes())
    damaged[-1] ^= 1
    file.write_bytes(bytes(damaged))
    with pytest.raises(Refusal, match="not the one Segno shipped"):
        hub.load("tiny", tmp_path)
    with pytest.raises(Refusal, match="not installed"):
        hub.load("nothing", tmp_path)


def test_torchrun_trains_on_several_processes_as_one(tmp_path: Path) -> None:
    script = Path(__file__).with_name("train_on_two.py")
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*run, str(script), str(tmp_path)],
        capture_output=True, text=True, timeout=240, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "processes 2" in done.stdout and "apart 0.0" in done.stdout
    assert int(done.stdout.split("steps ")[1].split()[0]) > 0

"""The network learns, and what is shipped computes what was trained."""

from __future__ import annotations

import pytest
import torch

from models import hub
from models.listener import train as training
from models.listener.calibrate import calibrate
from models.listener.data import half_marked, of_draft
from models.listener.frames import INTENTS, SLOTS
from models.listener.grammar import Draft, read
from models.listener.model import Shape
from models.listener.predict import listener_of, merged, open_listener, shape_of

MESSAGES = [
    "@compose a [sad](mood) [waltz](style) in [D minor](key)",
    "@edit make [it](which) [faster](pace)",
    "@edit no [drums](without) and @show send me the [midi](item)",
    "@rate [love it](rating) 🔥",
    "@compose 来首[忧伤](mood)的[钢琴](instrument)曲",
    "@undo 撤销，@edit [快](pace)[一点](strength)",
]


@pytest.fixture(scope="module")
def task():
    drafts = [Draft("en", *read(marked)) for marked in MESSAGES]
    examples = [e for e in map(of_draft, drafts) if e]
    options = {
        "epochs": 14, "kept": 0.3, "narrow": 32, "hidden": 24, "rank": 4, "batch": 6,
        "adapter_rate": 2e-3, "head_rate": 1e-2, "warmup": 3, "seed": 1,
    }  # fmt: skip
    intents, slots = tuple(INTENTS), tuple(SLOTS)
    return training.Task("requests", options, intents, slots, lambda _: examples, examples, True)


@pytest.fixture(scope="module")
def trained(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("listener")
    trainer = training.Trainer(task, 14)
    losses = [trainer.step(task.held) for _ in range(14)]
    trainer.mean = {n: p.detach().clone() for n, p in trainer.net.named_parameters()
                    if p.requires_grad}  # fmt: skip
    trainer.export(folder / "some.safetensors", {"validation": {}})
    return trainer, losses, folder / "some.safetensors"


def test_it_learns(trained):
    _, losses, _ = trained
    assert losses[-1] < 0.6 * losses[0]


def test_the_merged_weight_computes_what_was_trained(trained, task):
    trainer, _, path = trained
    tensors, facts = hub.read(path)
    assert shape_of(facts) == trainer.shape
    inputs, _ = trainer.batch(task.held, learning=False)
    with torch.no_grad():
        ours = merged(tensors, trainer.shape, trainer.reader)(inputs)
        with torch.autocast("cpu", torch.bfloat16):
            theirs = trainer.averaged()(inputs)
    # Training rounds the frozen matrices to bf16; what is shipped is added to the exact ones.
    assert float((ours.tags - theirs.tags).abs().mean()) < 0.05
    assert float((ours.starts - theirs.starts).abs().mean()) < 0.05
    assert float(ours.tags.abs().mean()) > 0.5


def test_a_broken_run_goes_on(trained, task, tmp_path):
    trainer, _, _ = trained
    trainer.save(tmp_path / "state.pt", 3, 55.0)
    other = training.Trainer(task, 14)
    assert other.resume(tmp_path / "state.pt") == (3, 55.0)
    assert other.step_number == trainer.step_number
    assert all(torch.equal(other.mean[name], value) for name, value in trainer.mean.items())


def test_training_goes_on_from_a_weight(trained, task):
    trainer, losses, path = trained
    other = training.Trainer(task, 14, path)
    assert other.shape == trainer.shape
    assert other.step(task.held) < 0.7 * losses[0]


def test_calibration_travels_with_the_weight(trained, task):
    _, _, path = trained
    fitted = calibrate(path, task.held)
    listener = open_listener(path)
    assert listener.calibration == fitted
    heard = listener.listen("make it faster")
    assert heard.frames[0].span == (0, 14)


def test_characters_never_seen_have_a_place(trained):
    _, _, path = trained
    tensors, facts = hub.read(path)
    listener = listener_of(tensors, facts)
    assert isinstance(Shape(**listener.shape.as_json()), Shape)
    assert listener.listen("龘靐齉🦑").language == "zh"


def test_labels_of_frames_and_open_words(task):
    shape = Shape(task.intents, ("O", "B-artist", "I-artist", "B-item", "I-item"))
    example = of_draft(Draft("en", *read("@recommend bands like [owls](artist)")))
    half = half_marked(example, ("artist",))
    words = torch.ones(1, 3, dtype=torch.bool)
    gold = training.labels([half], words, shape)
    assert gold.allowed[0].tolist() == [
        [True, False, False, True, True],
        [True, False, False, True, True],
        [False, True, False, False, False],
    ]
    assert gold.starts[0].tolist() == [True, False, False]
    assert gold.intents.tolist() == [[task.intents.index("recommend")]]

"""The listener's three trainings, each from raw data to a weight that can be shipped.

In: the data folder and `recipe.toml`. Out: `requests` (the listener itself, calibrated; its second
page, `more`, goes on from the first), `snips` and `artists` (the public benchmarks, by the same
network without what only our requests need).
"""

from __future__ import annotations

import json
import logging
import random
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models import hub
from models.errors import Refusal
from models.listener import data as sets
from models.listener.calibrate import calibrate
from models.listener.data import Example
from models.listener.frames import INTENTS, SLOTS
from models.listener.grammar import Draft, joins
from models.listener.mixing import Mix
from models.listener.train import Task, train

log = logging.getLogger("listener.train")
RECIPE = Path(__file__).with_name("recipe.toml")
#: Task -> the weight that it makes.
WEIGHTS = {
    "requests": "listener",
    "snips": "listener_snips",
    "artists": "listener_artists",
}


def run(name: str, data: Path, out: Path, recipe: Path | None, resume: bool, publish: bool) -> Path:
    """Train a task by its page of the recipe; with `publish` its weight is shipped.

    Raises
    ------
    Refusal
        When there is no such task, or the data are not there.
    """
    if name not in WEIGHTS:
        raise Refusal(
            "There is no part “{name}”; choose among {names}.", name=name, names=", ".join(WEIGHTS)
        )
    try:
        task = task_of(name, data, recipe or RECIPE)
    except FileNotFoundError as error:
        raise Refusal("The data set is not there: {reason}", reason=str(error)) from None
    weight = train(task, out, resume)
    if task.several:
        task = task_of("more", data, recipe or RECIPE)
        weight = train(task, out, resume, weight)
        log.info("calibrated: %s", json.dumps(calibrate(weight, task.held).as_json()))
    if publish:
        if task.several:  # one name for what both pages made
            weight = weight.replace(weight.with_name("listener.safetensors"))
        source = "models/listener/train.py; see MODEL_CARD.md of listener"
        hub.publish(WEIGHTS[name], weight, "Apache-2.0", source)
    return weight


def task_of(name: str, data: Path, recipe: Path = RECIPE) -> Task:
    """The task of that name. FileNotFoundError where its data are not there."""
    makers = {"requests": requests, "more": requests, "snips": snips, "artists": artists}
    return makers[name](name, data, tomllib.loads(recipe.read_text(encoding="utf-8"))[name])


def requests(name: str, data: Path, options: dict[str, Any]) -> Task:
    """Our own requests; "more" goes on from the weight of "requests"."""
    mix = Mix.of(data, options)
    return Task(
        name, options, tuple(INTENTS), tuple(SLOTS), mix.epoch, held(mix.held), several=True
    )


def held(drafts: Sequence[Draft]) -> list[Example]:
    """The validation messages: those by hand, and some of them joined into longer ones.

    Few people's messages hold several actions; an eighth more are made as in training.
    """
    rng = random.Random(0)
    longer = [sets.chained(drafts, joins(), rng) for _ in range(len(drafts) // 8)]
    return [example for example in map(sets.of_draft, (*drafts, *longer)) if example]


def snips(name: str, data: Path, options: dict[str, Any]) -> Task:
    """The seven intents of SNIPS."""
    examples = [example for _, example in sets.snips(data, "train")]
    random.Random(options["seed"]).shuffle(examples)
    rest = examples[options["held"] :]
    intents = sorted({intent for e in examples for intent in e.intents})
    slots = sorted({tag[2:] for e in examples for tag in e.tags if tag != "O"})
    return Task(
        "snips", options, tuple(intents), tuple(slots), lambda _: rest, examples[: options["held"]]
    )


def artists(name: str, data: Path, options: dict[str, Any]) -> Task:
    """Artists and works of MusicRecoNER's first fold; a tenth of its training part is held."""
    examples = sets.music_reco(data, 1, "train")
    random.Random(options["seed"]).shuffle(examples)
    cut = len(examples) // 10
    rest = examples[cut:]
    return Task(name, options, ("recommend",), ("artist", "work"), lambda _: rest, examples[:cut])

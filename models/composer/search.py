"""Hyperparameter search: short trainings, one after the other, chosen by their validation loss.

In: the data, a number of trials, the minutes of each, and a space of values (`search.toml`). Out: a
study in `out/study.db` (run again, it goes on), a folder per trial, `trials.md` and `best.toml`, a
recipe for `train`. Values are drawn by Optuna's TPE (Bergstra et al., 2011). A trial is trained
twice to the end of its schedule, for a share of the minutes and then for all of them, and given up
in between if worse than the median: so only annealed networks are compared.
"""

from __future__ import annotations

import json
import logging
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from safetensors import safe_open

from models.composer.train import RECIPE, train

log = logging.getLogger("composer.search")
SPACE = Path(__file__).with_name("search.toml")
#: Called as `train.train` is: data, cache, out, recipe, minutes, resume.
Train = Callable[[Path, Path, Path, Path, float | None, bool], Path]


@dataclass(frozen=True)
class Row:
    """A trial: its values by name, nats per event after each stage, and the step of the best."""

    number: int
    values: dict[str, Any]
    curve: tuple[float, ...]
    step: int
    complete: bool

    @property
    def score(self) -> float:
        """The last stage's validation nats per event: told and bare, averaged."""
        return self.curve[-1]


def score_of(weight: Path) -> tuple[float, int]:
    """Validation nats per event and the step, from a weight's metadata.

    The mean of told all bar attributes and told only chords, by which `train` keeps its best.
    """
    with safe_open(weight, framework="np") as stream:
        facts = json.loads(stream.metadata()["segno"])
    scores = facts["validation"]
    return (scores["told"] + scores["bare"]) / 2, int(facts["step"])


def to_toml(table: dict[str, Any], name: str = "") -> str:
    """A recipe (tables of plain values and lists of them) as TOML."""
    plain = {k: v for k, v in table.items() if not isinstance(v, dict)}
    lines = [f"[{name}]"] if name and plain else []
    lines += [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
    parts = ["".join(line + "\n" for line in lines)] if lines else []
    for key, value in table.items():
        if isinstance(value, dict):
            parts.append(to_toml(value, f"{name}.{key}" if name else key))
    return "\n".join(parts)


def draw(trial: optuna.Trial, space: dict[str, Any], proxy: bool) -> dict[str, Any]:
    """The values a trial tries, by dotted name; a proxy leaves out what it cannot answer."""
    values: dict[str, Any] = {}
    for table in ("train", "shape"):
        for key, span in space.get(table, {}).items():
            name = f"{table}.{key}"
            if proxy and not span.get("proxy", True):
                continue
            if "choices" in span:
                values[name] = trial.suggest_categorical(name, span["choices"])
            else:
                values[name] = trial.suggest_float(
                    name, span["low"], span["high"], log=span.get("log", False)
                )
    if "forms" in space:
        values["form"] = trial.suggest_categorical("form", list(space["forms"]))
    return values


def recipe_with(
    recipe: dict[str, Any], values: dict[str, Any], space: dict[str, Any]
) -> dict[str, Any]:
    """The recipe with a trial's values in place of its own."""
    tables = {k: dict(v) if isinstance(v, dict) else v for k, v in recipe.items()}
    for name, value in values.items():
        if name == "form":
            tables["shape"] |= space["forms"][value]
        else:
            table, _, key = name.partition(".")
            tables[table][key] = value
    return tables


@dataclass(frozen=True)
class Job:
    """What all trials of a search share."""

    data: Path
    cache: Path
    out: Path
    minutes: float
    recipe: dict[str, Any]
    space: dict[str, Any]
    run: Train

    def __call__(self, trial: optuna.Trial) -> float:
        """Train one trial, stage by stage; its validation nats per event."""
        proxy = self.minutes < self.space["proxy"]["below_minutes"]
        values = draw(trial, self.space, proxy)
        tried = recipe_with(self.recipe, values, self.space)
        # Another seed each, so that the same values tried twice show how much is chance.
        tried["train"]["seed"] += trial.number
        if proxy:
            tried["train"] |= self.space["proxy"]["train"]
        folder = self.out / f"trial-{trial.number}"
        folder.mkdir(parents=True, exist_ok=True)
        recipe = folder / "recipe.toml"
        recipe.write_text(to_toml(tried), encoding="utf-8")
        curve: list[float] = []
        for share in (self.space["stages"]["first"], 1.0):
            weight = self.run(
                self.data, self.cache, folder, recipe, share * self.minutes, bool(curve)
            )
            score, step = score_of(weight)
            curve.append(score)
            trial.set_user_attr("curve", curve)
            trial.set_user_attr("step", step)
            trial.report(score, len(curve))
            log.info("trial %d, %s: %.4f after step %d", trial.number, values, score, step)
            if share < 1 and trial.should_prune():
                break
        (folder / "checkpoint.pt").unlink(missing_ok=True)  # 16 bytes a parameter, for each trial
        if len(curve) == 1:
            raise optuna.TrialPruned
        return curve[-1]


def _rows(trials: list[FrozenTrial]) -> list[Row]:
    rows = [
        Row(
            trial.number,
            trial.params,
            tuple(trial.user_attrs["curve"]),
            trial.user_attrs["step"],
            trial.state == TrialState.COMPLETE,
        )
        for trial in trials
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    ]
    return sorted(rows, key=lambda row: (not row.complete, row.score))


def as_table(rows: list[Row]) -> str:
    """The trials as a Markdown table, in the order given."""
    names = sorted({name for row in rows for name in row.values})
    lines = [["trial", *names, "first stage", "last stage", "step"]]
    lines.append(["---"] * len(lines[0]))
    for row in rows:
        values = [row.values.get(name, "") for name in names]
        shown = [f"{v:.3g}" if isinstance(v, float) else str(v) for v in values]
        last = f"{row.score:.4f}" if row.complete else "given up"
        lines.append([str(row.number), *shown, f"{row.curve[0]:.4f}", last, str(row.step)])
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _study(out: Path, space: dict[str, Any], seed: int) -> optuna.Study:
    start = space.get("start", [])
    study = optuna.create_study(
        storage=f"sqlite:///{out / 'study.db'}",
        study_name="composer",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(n_startup_trials=len(start) or 5, seed=seed),
        pruner=optuna.pruners.MedianPruner(space["stages"]["startup_trials"]),
    )
    for values in start:
        study.enqueue_trial(values, skip_if_exists=True)
    # Cut off when the last run was stopped; a study has one run at a time.
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial(trial.params)
    return study


def search(
    data: Path,
    cache: Path,
    out: Path,
    trials: int,
    minutes: float,
    space: Path = SPACE,
    recipe: Path = RECIPE,
    run: Train = train,
) -> list[Row]:
    """Try values until the study in `out` has `trials` finished trials; the rows, best first.

    `minutes` are each trial's. The table and the best recipe are written after every trial. Trials
    of other minutes do not compare: they belong in another `out`.
    """
    ranges = tomllib.loads(space.read_text(encoding="utf-8"))
    base = tomllib.loads(recipe.read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    study = _study(out, ranges, base["train"]["seed"])
    job = Job(data, cache, out, minutes, base, ranges, run)
    while len(rows := _rows(study.trials)) < trials:
        study.optimize(job, n_trials=1)
        rows = _rows(study.trials)
        (out / "trials.md").write_text(as_table(rows), encoding="utf-8")
        best = recipe_with(base, rows[0].values, ranges)
        (out / "best.toml").write_text(to_toml(best), encoding="utf-8")
    return rows

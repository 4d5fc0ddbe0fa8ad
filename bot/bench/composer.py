"""The composer on held-out pieces: every part of the evaluation, in one table.

In: the data sets and the installed weight. Out: a `Table` whose rows are named "part: measure".
`--only` runs some of the parts, `--quick` a quarter of the cases of each. What is measured stands
in `models.composer.evaluation`; here are the cases (briefs and plans) and the order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.bench import Table
from bot.bench.briefs import attribute_sets, mood_briefs
from bot.bench.options import Options
from bot.bench.parts import chosen, rows_of
from models.composer.evaluation.study import Figure, Study
from models.errors import Refusal

_SETS = 200
_BRIEFS = 20261122  # seed of the briefs, as in the control bench
UNCONDITIONAL = Path("out/unconditional/composer.safetensors")
_TRAIN = (
    "`python -m bot train composer --data DIR --recipe models/composer/unconditional.toml "
    "--out out/unconditional` trains the network that is told nothing"
)
_MISSING = "There is no file “{name}”; check its path."
_WRITE = "tools/previous_melodies.py writes the melodies of the weight before (--previous FILE)"


def run(study: Study, options: Options, data: Path) -> Table:
    """The table of all parts, or of those named.

    Raises
    ------
    Refusal
        When a part does not exist, or a file to compare with is not there.
    """
    notes = ["held-out test pieces; what is fitted is fitted on training pieces"]
    wanted = chosen(_parts(study, options, data, notes), options.only)
    rows = rows_of(wanted, study.say)
    return Table("composer", len(study.sheets["test"]), study.seed, rows, tuple(notes))


def _parts(
    study: Study, options: Options, data: Path, notes: list[str]
) -> dict[str, Callable[[], Sequence[Figure]]]:
    """Every part by its name; modules are read when their part runs."""
    unconditional = options.unconditional or UNCONDITIONAL
    if not unconditional.is_file():
        if options.unconditional:
            raise Refusal(_MISSING, name=unconditional.name)
        notes.append(_TRAIN)
    if options.previous is None:
        notes.append(_WRITE)
    elif not options.previous.is_file():
        raise Refusal(_MISSING, name=options.previous.name)

    def likelihood() -> Sequence[Figure]:
        from models.composer.evaluation.likelihood import likelihood as run_part

        return run_part(study, unconditional if unconditional.is_file() else None)

    def writing() -> Sequence[Figure]:
        from models.composer.evaluation.melodies import melodies

        return melodies(study, options.previous)

    def structure() -> Sequence[Figure]:
        from models.composer.evaluation.songs import songs

        return songs(study)

    def control() -> Sequence[Figure]:
        from models.composer.evaluation.control import control as run_part

        return run_part(study, attribute_sets(_SETS, _BRIEFS))

    def mood() -> Sequence[Figure]:
        from models.composer.evaluation.moods import moods

        return moods(study, *mood_briefs(_SETS, _BRIEFS))

    def sliders() -> Sequence[Figure]:
        from models.composer.evaluation.sliding import sliding

        return sliding(study)

    def transfer() -> Sequence[Figure]:
        from models.composer.evaluation.manners import manners

        return manners(study)

    def latents() -> Sequence[Figure]:
        from models.composer.evaluation.latents import latents as run_part

        return run_part(study)

    def adaptation() -> Sequence[Figure]:
        from models.composer.evaluation.adaptation import adaptation as run_part

        return run_part(study, data)

    return {
        "likelihood": likelihood,
        "writing": writing,
        "structure": structure,
        "control": control,
        "mood": mood,
        "sliders": sliders,
        "transfer": transfer,
        "latents": latents,
        "adaptation": adaptation,
        "decode": lambda: _decode(study),
    }


def _decode(study: Study) -> list[Figure]:
    """Events a second on one thread, beside Hugging Face's `generate` at the same batch."""
    from models.composer.evaluation.decode_speed import measure
    from models.planner import make_plan
    from models.planner.brief import Brief

    study.say("decode: one thread")
    plans = [make_plan(Brief(style="pop", bars=16), seed) for seed in range(study.cases(4))]
    speeds = measure(study.composer, plans, repeats=2 if study.quick else 4)
    slow = {s.batch: s.rate for s in speeds if s.what == "Hugging Face generate"}
    out = []
    for speed in speeds:
        words = ""
        if speed.unit == "events/s" and speed.what != "Hugging Face generate":
            words = f"{speed.rate / slow[speed.batch]:.1f} x Hugging Face generate"
        out.append(Figure(f"{speed.what}, batch {speed.batch}", speed.rate, speed.unit, "", words))
    ours = next(s.rate for s in speeds if s.what == "decoding, no rules" and s.batch == 1)
    return [*out, Figure("over Hugging Face generate, batch 1", ours / slow[1], "times", ">= 5")]

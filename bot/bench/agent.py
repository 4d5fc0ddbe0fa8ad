"""The agent in one table: dialogues, edits, a bigger mind's protocol, injections.

In: installed weights. Out: a `Table` whose rows are named "part: measure"; `--only` runs some of
the parts, `--split validation` the dialogues that are for tuning, `--quick` fewer cases. What went
wrong is listed under it, dialogue by dialogue.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.bench import Table
from bot.bench.options import Options
from bot.bench.parts import Part, chosen, rows_of, say
from models.composer.evaluation.study import Figure

SEED = 0


def run(quick: bool, options: Options) -> Table:
    """The table of all parts, or of those named.

    Raises
    ------
    Refusal
        When a part does not exist, or a weight is missing.
    """
    details: dict[str, Any] = {}

    def dialogues() -> Sequence[Figure]:
        return asyncio.run(_dialogues(quick, options.split, details))

    def edits() -> Sequence[Figure]:
        from bot.bench.edits import figures

        return figures(quick, say, options.split)

    def minds() -> Sequence[Figure]:
        from bot.bench.minds import figures

        return figures(quick, say)

    def injections() -> Sequence[Figure]:
        from bot.bench.injections import figures

        return figures(quick, details)

    parts: dict[str, Part] = {
        "dialogues": dialogues,
        "edits": edits,
        "minds": minds,
        "injections": injections,
    }
    rows = rows_of(chosen(parts, options.only), say)
    notes = (f"dialogues: {options.split} split",)
    return Table("agent", len(rows), SEED, rows, notes, details)


async def _dialogues(quick: bool, split: str, details: dict[str, Any]) -> Sequence[Figure]:
    """Every dialogue of a split on a stage of its own; those whose end was right."""
    from bot.bench.dialogues import load, wrong
    from bot.bench.talking import stage

    chosen_ones = [each for each in load() if each.split == split]
    chosen_ones = chosen_ones[::4] if quick else chosen_ones
    right = turns = asked = 0
    with tempfile.TemporaryDirectory() as scratch:
        async with stage(Path(scratch)) as scene:
            for each in chosen_ones:
                try:
                    state = await scene.perform(list(each.lines), each.language, each.file)
                    failures = wrong(each, state, scene.settings.pieces_dir)
                    asked += state.asked
                except Exception as error:  # one that breaks is one that is wrong
                    failures = [f"{type(error).__name__}: {error}"]
                turns += len(each.lines)
                right += not failures
                if failures:
                    details[f"dialogue “{each.name}”"] = failures
                say(f"{'right' if not failures else 'WRONG'}: {each.name}")
    share = 100 * right / len(chosen_ones)
    return (
        Figure("end state right", share, "%", ">= 90"),
        Figure("dialogues", float(len(chosen_ones)), "", ""),
        Figure("turns with a question", 100 * asked / turns, "%", ""),
    )

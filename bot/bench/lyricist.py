"""The lyricist on held-out tunes and books, people's words beside ours, in one table.

In: the data sets and the installed weights. Out: a `Table` whose rows are named "part: measure".
`--only` runs some of the parts, `--split validation` is for tuning, `--limit` looks at fewer
melodies, `--sheet` writes verses for people to judge blind. What is measured stands in
`models.lyricist.evaluation`; here is the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.bench import Table
from bot.bench.options import Options
from bot.bench.parts import Part, chosen, rows_of
from models import hub
from models.composer.evaluation.study import Figure
from models.lyricist.evaluation.melodies import SOURCES
from models.lyricist.evaluation.study import Study

_PAGES = (
    "a plain page is the lines alone; a planned page is given theme, mood, scheme and lengths, and "
    "pays for the last word of each line before it"
)


def run(study: Study, options: Options) -> Table:
    """The table of all parts, or of those named; the sheet for blind judging first, if asked.

    Raises
    ------
    Refusal
        When a part does not exist, or a weight is missing.
    """
    wanted = chosen(_parts(study), options.only)
    notes = [f"{study.split} split; weight {hub.manifest('lyricist').sha256[:12]}", _PAGES]
    if options.sheet is not None:
        notes.append(_sheet(study, options.sheet))
    rows = rows_of(wanted, study.say)
    counts = {source: sum(c.source == source for c in study.cases) for source in SOURCES}
    notes.append(", ".join(f"{count} of {source}" for source, count in counts.items()))
    details = {name: list(lines) for name, lines in study.details.items()}
    return Table("lyricist", len(study.cases), 0, rows, tuple(notes), details)


def _sheet(study: Study, path: Path) -> str:
    from models.lyricist.evaluation.blind import write_sheet

    return f"sheet {path}, key {write_sheet(study, path)}"


def _parts(study: Study) -> dict[str, Part]:
    """Every part by its name; modules are read when their part runs."""

    def syllables() -> Sequence[Figure]:
        from models.lyricist.evaluation.syllables import syllables as run_part

        return run_part(study)

    def rhyme() -> Sequence[Figure]:
        from models.lyricist.evaluation.rhymes import rhymes

        return rhymes(study)

    def stress() -> Sequence[Figure]:
        from models.lyricist.evaluation.beats import beats

        return beats(study)

    def likelihood() -> Sequence[Figure]:
        from models.lyricist.evaluation.variety import likelihood as run_part

        return run_part(study)

    def variety() -> Sequence[Figure]:
        from models.lyricist.evaluation.variety import variety as run_part

        return run_part(study)

    def theme() -> Sequence[Figure]:
        from models.lyricist.evaluation.themes import themes

        return themes(study)

    def mood() -> Sequence[Figure]:
        from models.lyricist.evaluation.moods import moods

        return moods(study)

    def copied() -> Sequence[Figure]:
        from models.lyricist.evaluation.copying import copies

        return copies(study)

    def speed() -> Sequence[Figure]:
        from models.lyricist.evaluation.speed import speed as run_part

        return run_part(study)

    return {
        "syllables": syllables,
        "rhyme": rhyme,
        "stress": stress,
        "likelihood": likelihood,
        "variety": variety,
        "theme": theme,
        "mood": mood,
        "copied": copied,
        "speed": speed,
    }

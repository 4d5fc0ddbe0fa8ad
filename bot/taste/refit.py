"""Fitting the factors anew, in a process of its own.

In: the database's file and the scopes to fit. Out: one npz per scope (see
`models.recommender.artifact`) and a line of JSON each, which the bot makes a row of `taste_models`.
Run as `python -m bot.taste.refit DATABASE FOLDER NOW SCOPE...`: nothing of it happens in the
Discord process, and a fit that dies takes nothing with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlite_utils import Database

from bot.taste import catalogue, library, person
from models.recommender.values import OPEN, Deed, EventType, Item
from storage import taste_models
from storage.db import open_database

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from models.recommender.als import Settings

#: Seconds for all scopes of a fit: 50,000 people and 200,000 items take half a minute.
SECONDS = 900.0
#: How much the vocabulary's own kinships weigh against people, and EASE's ridge (notes, section 5).
PRIOR, RIDGE = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one scope's factors are fitted to: deeds by person, and public tags by item."""

    guild_id: int
    deeds: Mapping[int, Sequence[Deed]]
    tags: Mapping[str, Mapping[str, float]]
    signals: int
    erased: int  # as `taste_models.erased` said before anything was read


@dataclass(frozen=True, slots=True)
class Design:
    """What is fitted: a row of confidences for each person, the items' tags, and what goes along.

    `rows` are csr (1, N), `tags` is csr (N, T); `extra` are arrays kept beside the factors.
    """

    items: tuple[str, ...]
    names: tuple[str, ...]
    rows: Sequence[csr_matrix]
    tags: csr_matrix
    settings: Settings
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit left: a file in the folder, and what is worth knowing about it."""

    guild_id: int
    path: str
    params: dict[str, Any]
    metrics: dict[str, Any]
    signals: int
    erased: int


def gather(db: Database, guild_id: int) -> Gathered:
    """Read what a scope may be trained on; see `storage.taste_models`."""
    erased = taste_models.erased(db)
    deeds: dict[int, list[Deed]] = {}
    for user_id, kind, key, type, value, ts in taste_models.training_rows(db, guild_id):
        deeds.setdefault(user_id, []).append(
            Deed(f"{kind}:{key}", cast("EventType", type), value, ts)
        )
    tags: dict[str, dict[str, float]] = {}
    for kind, key, tag, weight in taste_models.tag_rows(db, guild_id):
        tags.setdefault(f"{kind}:{key}", {})[tag] = weight
    return Gathered(guild_id, deeds, tags, taste_models.signals(db, guild_id), erased)


def design(found: Gathered, now: float) -> Design:
    """Turn a scope's rows into what is fitted; `now` dates what is decayed."""
    import numpy as np

    from models.recommender import als, confidence, ease, tree

    nets = {user: person.nets(deeds, now) for user, deeds in found.deeds.items()}
    # What is only described belongs too: it is what a small server has to offer its few people.
    liked = {k for net in nets.values() for k, v in net.items() if v > 0}
    items = sorted(k for k in liked | found.tags.keys() if _kind(k) in OPEN)
    index = {key: i for i, key in enumerate(items)}
    tags, names = tag_matrix(items, found.tags)
    settings = als.settings_for(len(nets), len(names))
    rows = [confidence.row(net, index, settings) for net in nets.values()]

    every, prior = tree.closed_prior()
    people = _closed_rows(nets, found.tags, every)
    weights = ease.fit_ease(people, prior, PRIOR, RIDGE)
    share = np.zeros(len(every), np.float32)
    if people.shape[0]:
        share = np.asarray((people > 0).mean(axis=0), np.float32).ravel()
    extra = library.extras_of(tags, every, weights, share, len(nets))
    return Design(tuple(items), names, rows, tags, settings, extra)


def fit(found: Gathered, folder: Path, now: float) -> Fitted:
    """Fit one scope and write its file."""
    import numpy as np
    from scipy.sparse import csr_matrix, vstack

    from models.recommender import als, artifact

    started = time.perf_counter()
    plan = design(found, now)
    empty = csr_matrix((0, len(plan.items)), dtype=np.float32)
    matrix = vstack([empty, *plan.rows], format="csr")
    factors = als.fit(matrix, plan.tags, plan.items, plan.names, plan.settings, seed=0)
    path = artifact.save(folder, f"taste-{found.guild_id}", factors, plan.extra)
    return outcome(found, plan, path, time.perf_counter() - started)


def outcome(found: Gathered, plan: Design, path: Path, seconds: float) -> Fitted:
    """What a row of `taste_models` will say of a file."""
    counts = {"people": len(plan.rows), "items": len(plan.items), "tags": len(plan.names)}
    return Fitted(
        found.guild_id,
        path.name,
        asdict(plan.settings),
        {**counts, "seconds": round(seconds, 2)},
        found.signals,
        found.erased,
    )


def tag_matrix(items: Sequence[str], tags: Mapping[str, Mapping[str, float]]) -> tuple[Any, Any]:
    """(csr (N, T) of unit rows, tag names); a genre counts for those above it too."""
    from scipy.sparse import csr_matrix

    from models.recommender.als import tfidf

    every = [catalogue.upwards(tags.get(key, {})) for key in items]
    names = tuple(sorted({tag for row in every for tag in row}))
    place = {tag: i for i, tag in enumerate(names)}
    at = [i for i, row in enumerate(every) for _ in row]
    columns = [place[tag] for row in every for tag in row]
    values = [weight for row in every for weight in row.values()]
    shape = (len(items), len(names))
    return tfidf(csr_matrix((values, (at, columns)), shape=shape, dtype="float32")), names


def _closed_rows(
    nets: Mapping[int, Mapping[str, float]],
    tags: Mapping[str, Mapping[str, float]],
    every: Sequence[str],
) -> Any:
    """What each person leans to among styles, moods and instruments: csr (people, n), 0..1."""
    import numpy as np
    from scipy.sparse import csr_matrix

    from bot.taste.scoring import closed_row

    rows = [closed_row(person.of(u, (), net, _described(net, tags)), every)
            for u, net in nets.items()]  # fmt: skip
    stacked = np.maximum(np.array(rows, np.float32).reshape(len(rows), len(every)), 0.0)
    return csr_matrix(stacked)


def _described(
    net: Mapping[str, float], tags: Mapping[str, Mapping[str, float]]
) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for item_id in person.strongest(net):
        kind, _, key = item_id.partition(":")
        own = catalogue.item(kind, key)  # type: ignore[arg-type]
        found[item_id] = own or Item(kind, key, key, tags=tags.get(item_id, {}))  # type: ignore[arg-type]
    return found


def _kind(item_id: str) -> str:
    return item_id.partition(":")[0]


async def in_process(
    database: Path, folder: Path, scopes: Iterable[int], now: float
) -> list[Fitted]:
    """Fit scopes in a process of its own and wait for it.

    Raises
    ------
    RuntimeError
        When it failed or took too long; the factors in use stay.
    """
    arguments = [str(database), str(folder), str(now), *map(str, scopes)]
    # It needs none of the bot's secrets, and one thread: the bot is busy with people.
    environment = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.taste.refit", *arguments, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, errors = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        raise RuntimeError(f"no fit within {SECONDS:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise RuntimeError(errors.decode(errors="replace")[-2000:])
    return [Fitted(**json.loads(line)) for line in out.decode().splitlines()]


def main(arguments: Sequence[str]) -> None:
    """The process: fit every scope that was named, one line of JSON each."""
    database, folder, now, *scopes = arguments
    for scope in scopes:
        with closing(open_database(Path(database))) as db:
            found = gather(db, int(scope))
        print(json.dumps(asdict(fit(found, Path(folder), float(now)))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""What one person would think of every candidate of a kind.

In: a `Person`, and the models and items of a place. Out: the score's parts, each a z-score over the
candidates, and their blend by evidence. Open kinds are scored by factors and tags, closed kinds
item to item, materials and pieces by what they sound like (the issue's notes, section 8).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bot.taste.library import Model
from bot.taste.person import Person
from models.recommender import confidence, content, ease
from models.recommender.blend import EVENNESS, blend, unit, zscore
from models.recommender.values import Item, Kind

Scores = NDArray[np.float64]
#: A server's own model counts this much beside everybody's (notes, section 5) ...
SERVER = 0.5
#: ... from so many active people on.
ACTIVE = 20
#: A track is suggested to others from so many listeners on: exports hold private recordings too.
LISTENERS = 2
#: What counts for things of our own, whose sound is known exactly: authored, not measured.
OWN = {"content": 0.8, "tags": 1.0, "cf": 1.0, "popularity": 0.2}
#: Own items whose likeness is asked for: the strongest.
_EXAMPLES = 12


@dataclass(frozen=True, slots=True)
class Field:
    """The candidates of one kind, and where each stands.

    `vectors` (N, d) tell how alike two candidates are; `main` and `server` are models with the row
    of each candidate in them (-1: not in it); `items` are given where the catalogue is ours.
    `place` is where each id stands, {} where nobody has looked that up yet.
    """

    kind: Kind
    ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    main: tuple[Model, NDArray[np.int64]] | None = None
    server: tuple[Model, NDArray[np.int64]] | None = None
    items: tuple[Item, ...] = ()
    popularity: Scores | None = None
    place: Mapping[str, int] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """`total` (N,), its `parts`, each (N,), and the person's row in the main model (1, M).

    `inverse` (f, f) is that row's (see `als.Serving.inverse`).
    """

    total: Scores
    parts: Mapping[str, Scores]
    row: csr_matrix | None = None
    inverse: NDArray[np.float64] | None = None


def open_field(kind: Kind, everybody: Model | None, server: Model | None) -> Field:
    """Candidates of what people listen to: whatever either model has met."""
    if everybody is None or (server is not None and server.people > everybody.people):
        everybody, server = server, None
    if everybody is None:
        return Field(kind, (), np.zeros((0, 1), np.float32))
    if server is not None and server.people < ACTIVE:
        server = None
    kept = (kind, server.version if server is not None else 0)
    if kept not in everybody.fields:
        everybody.fields[kept] = _open_field(kind, everybody, server)
    field: Field = everybody.fields[kept]
    return field


def _open_field(kind: Kind, everybody: Model, server: Model | None) -> Field:
    rows = _shareable(everybody, kind)
    ids = [everybody.factors.items[i] for i in rows]
    new: list[str] = []
    if server is not None:
        met = (server.factors.items[i] for i in _shareable(server, kind))
        new = [key for key in met if key not in everybody.index]
    at = np.concatenate([rows, np.full(len(new), -1, np.int64)])
    ids += new
    there = None
    if server is not None:
        there = (server, np.array([server.index.get(k, -1) for k in ids], np.int64))
    vectors = _placed_rows(everybody.factors.item_factors, at)
    place = {key: i for i, key in enumerate(ids)}
    return Field(kind, tuple(ids), vectors, (everybody, at), there, place=place)


def own_field(kind: Kind, items: Sequence[Item], everybody: Model | None = None) -> Field:
    """Candidates of our own: pieces, progressions, loops."""
    features = [i.features or (0.0,) * content.SIZE for i in items]
    vectors = np.array(features, np.float32).reshape(len(items), content.SIZE)
    main = None
    if everybody is not None and kind == "piece":
        at = np.array([everybody.index.get(i.id, -1) for i in items], np.int64)
        main = (everybody, at) if (at >= 0).any() else None
    return Field(kind, tuple(i.id for i in items), vectors, main, items=tuple(items))


def closed_field(kind: Kind, ids: Sequence[str], weights: NDArray[np.float32],
                 every: Sequence[str], popularity: NDArray[np.float32]) -> Field:  # fmt: skip
    """Candidates of a closed vocabulary; `weights` are (n, n) over `every`."""
    place = {key: i for i, key in enumerate(every)}
    at = np.array([place[key] for key in ids], np.int64)
    vectors = np.asarray(weights[at], np.float32)
    return Field(kind, tuple(ids), vectors, popularity=np.asarray(popularity[at], np.float64))


def score_open(person: Person, field: Field) -> Scored:
    """Factors, tags, what was declared, what is popular, and the server's own model."""
    parts: dict[str, Scores] = {}
    row = inverse = None
    if field.main is not None:
        model, at = field.main
        row = taste_row(person, model)
        inverse = model.serving.inverse(row)
        parts |= {k: _placed(v, at) for k, v in _of_model(person, model, row, inverse).items()}
        parts["popularity"] = _placed(model.factors.popularity, at)
    if field.server is not None:
        model, at = field.server
        there = taste_row(person, model)
        found = _of_model(person, model, there, model.serving.inverse(there))
        raw = found.get("cf", found.get("declared", model.factors.popularity))
        parts["server"] = _placed(raw, at)
    return dataclasses.replace(_blended(parts, person, len(field.ids)), row=row, inverse=inverse)


def score_own(person: Person, field: Field) -> Scored:
    """What it sounds like, what it is called, and who else liked it."""
    parts: dict[str, Scores] = {}
    row = inverse = None
    liked = [
        (person.net[key], item.features)
        for key, item in person.items.items()
        if len(item.features) == content.SIZE and person.net.get(key)
    ]
    if liked:
        liked.sort(key=lambda pair: -abs(pair[0]))
        total = np.zeros(len(field.ids))
        for net, features in liked[:_EXAMPLES]:
            total += np.sign(net) * np.log1p(abs(net)) * content.similarity(field.vectors, features)
        parts["content"] = zscore(total)
    if person.tags:
        shared = np.array([_agreement(person.tags, item.tags) for item in field.items])
        parts["tags"] = zscore(shared)
    if field.main is not None:
        model, at = field.main
        row = taste_row(person, model)
        inverse = model.serving.inverse(row)
        found = _of_model(person, model, row, inverse)
        if "cf" in found:
            parts["cf"] = _placed(found["cf"], at)
        parts["popularity"] = _placed(np.log1p(1000.0 * model.factors.popularity), at)
    total = np.zeros(len(field.ids))
    for name, part in parts.items():
        total += OWN[name] * part
    return Scored(total, parts, row, inverse)


def score_closed(
    person: Person, field: Field, every: Sequence[str], weights: NDArray[np.float32]
) -> Scored:
    """Item to item over styles, moods and instruments together."""
    parts: dict[str, Scores] = {}
    row = closed_row(person, every)
    if row.any():
        place = {key: i for i, key in enumerate(every)}
        at = np.array([place[key] for key in field.ids])
        parts["cf"] = zscore(np.asarray(ease.scores(weights, row), np.float64)[at])
    if field.popularity is not None:
        parts["popularity"] = zscore(field.popularity)
    return _blended(parts, person, len(field.ids))


def closed_row(person: Person, every: Sequence[str]) -> NDArray[np.float32]:
    """What somebody leans to, (n,) over `every`: -1..1, 1 for the strongest of each kind."""
    row = np.zeros(len(every), np.float32)
    place = {key: i for i, key in enumerate(every)}
    sides = (
        ("style", person.vector.styles),
        ("mood", person.vector.moods),
        ("instrument", person.vector.instruments),
    )
    for kind, shares in sides:
        most = max(shares.values(), default=0.0)
        for key, share in shares.items():
            if most and f"{kind}:{key}" in place:
                row[place[f"{kind}:{key}"]] = share / most
    for key, net in person.net.items():
        if net < 0 and key in place:
            row[place[key]] = -min(1.0, -net / 10.0)
    return row


def taste_row(person: Person, model: Model) -> csr_matrix:
    """The person's confidences over a model's items, (1, N)."""
    return confidence.row(person.net, model.index, model.factors.settings)


def popular(field: Field, parts: Mapping[str, Scores]) -> Scored:
    """What the holdout gets: popularity alone."""
    total = parts.get("popularity", np.zeros(len(field.ids)))
    return Scored(total, {"popularity": total})


def _of_model(
    person: Person, model: Model, row: csr_matrix, inverse: NDArray[np.float64]
) -> dict[str, Scores]:
    """Parts over all items of a model, raw."""
    parts: dict[str, Scores] = {}
    if row.nnz and (row.data > 0).any():
        own = model.serving.fold_in(row, inverse)
        evenness = EVENNESS.at(person.evidence)
        parts["cf"] = np.asarray(model.serving.scores(own, evenness), np.float64)
    declared: dict[str, float] = {}
    for key in person.declared:
        if person.net.get(key, 0.0) > 0 and key in person.items:
            for tag, weight in person.items[key].tags.items():
                declared[tag] = declared.get(tag, 0.0) + weight
    said = model.serving.declared(declared)
    if said is not None:
        parts["declared"] = np.asarray(model.serving.scores(said), np.float64)
    # What the items of one's own are called, rare words counting more, as in `als.tfidf`.
    wanted = np.asarray((row @ model.tags).todense(), np.float32).ravel()
    if not wanted.any():
        for tag, weight in person.tags.items():
            if tag in model.tag_index:
                wanted[model.tag_index[tag]] = weight
    if wanted.any():
        parts["content"] = np.asarray(model.tags @ wanted, np.float64)
    return parts


def _blended(parts: dict[str, Scores], person: Person, count: int) -> Scored:
    if not parts:
        return Scored(np.zeros(count), {})
    server = parts.pop("server", None)
    total = np.asarray(blend(parts, person.evidence), np.float64) if parts else np.zeros(count)
    if server is not None:
        total = total + SERVER * unit(server)
        parts = {**parts, "server": server}
    return Scored(total, parts)


def _placed(raw: NDArray[np.floating], at: NDArray[np.int64]) -> Scores:
    """z-scores over the candidates that the model knows; the others stand at its mean, 0."""
    found = np.zeros(len(at))
    known = at >= 0
    if known.any():
        found[known] = zscore(np.asarray(raw, np.float64)[at[known]])
    return found


def _placed_rows(rows: NDArray[np.float32], at: NDArray[np.int64]) -> NDArray[np.float32]:
    found = np.zeros((len(at), rows.shape[1] if rows.ndim == 2 else 1), np.float32)
    found[at >= 0] = rows[at[at >= 0]]
    return found


def _shareable(model: Model, kind: Kind) -> NDArray[np.int64]:
    """The rows of a kind that may be suggested; a track's name that one export holds may not."""
    rows = model.rows_of(kind)
    if kind != "track":
        return rows
    return rows[model.factors.popularity[rows] * model.people > LISTENERS - 0.5]


def _agreement(mine: Mapping[str, float], tags: Mapping[str, float]) -> float:
    size = np.sqrt(sum(w * w for w in tags.values())) or 1.0
    return float(sum(w * mine.get(tag, 0.0) for tag, w in tags.items()) / size)

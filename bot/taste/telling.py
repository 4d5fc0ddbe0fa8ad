"""From rows to a scene, and from chosen places to suggestions with names and reasons.

In: what was read for a wish; then what was chosen, with names looked up. Out: a `Scene` to choose
from; then `Suggestion`s in the person's language, each with all its reasons. Runs on a thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.taste import catalogue, day_one, person
from bot.taste.fitting import Models
from bot.taste.grounds import Found
from bot.taste.library import Model
from bot.taste.listing import MIXED, Chosen, Closed, Scene
from bot.taste.person import Person
from bot.taste.reading import Place
from bot.taste.reasons import Grounds, reasons
from bot.taste.scoring import Field, closed_field, open_field, own_field
from bot.taste.values import Policy, Wish
from models.recommender.values import CLOSED, MATERIALS, Item, Kind, Reason, Suggestion
from storage.pieces import Piece

#: (listeners by "kind:key", people they are out of), or None under enough people.
Heard = tuple[Mapping[str, int], int] | None


def scene(
    wish: Wish,
    policy: Policy,
    asker: Person,
    people: Sequence[Person],
    near: Item | None,
    models: Models,
    around: Place,
    recently: Mapping[str, float],
    now: float,
) -> Scene:
    """Everything that a list is made from."""
    closed = closed_of(*models)
    kinds: tuple[Kind, ...] = tuple(k for k, _ in MIXED) if wish.what == "for-us" else (wish.what,)
    made = [p for p in around.pieces if wish.known or p.owner_id != wish.user_id]
    counted = tuple(person.only(p, near) for p in people) if near is not None else tuple(people)
    alone = len(people) == 1 and people[0].user_id == asker.user_id
    barred = asker.never | asker.disliked | (asker.known if alone and not wish.known else set())
    return Scene(
        counted,
        tuple(_field(kind, models, closed, made) for kind in kinds),
        closed,
        policy,
        wish.count,
        wish.mode,
        wish.seed,
        now,
        wish.known,
        near is not None,
        {**recently, **around.shown},
        frozenset(barred | ({near.id} if near is not None else set())),
    )


def closed_of(everybody: Model | None, server: Model | None) -> Closed:
    """The item-to-item model that more people have taught, else the vocabulary's own."""
    known = [m for m in (server, everybody) if m is not None and m.people]
    if not known:
        return day_one.closed()
    best = max(known, key=lambda m: m.people)
    return Closed(best.closed_ids, best.closed, best.closed_popularity)


def _field(kind: Kind, models: Models, closed: Closed, made: Sequence[Piece]) -> Field:
    if kind in CLOSED:
        ids = [key for key in closed.ids if key.startswith(f"{kind}:")]
        return closed_field(kind, ids, closed.weights, closed.ids, closed.popularity)
    if kind in MATERIALS:
        return own_field(kind, catalogue.of_materials(kind))
    if kind == "piece":
        return own_field(kind, [catalogue.of_piece(piece) for piece in made], models[0])
    return open_field(kind, *models)


def ids_of(chosen: Sequence[Chosen]) -> tuple[str, ...]:
    """Everything whose name a list needs."""
    ids: dict[str, None] = {}
    for each in chosen:
        found = each.found
        more = (found.sounds_like,) if found.sounds_like else ()
        ids.update(
            dict.fromkeys((each.item_id, *found.because, *found.goes_with, *found.declared, *more))
        )
    return tuple(ids)


def named(
    ids: Sequence[str], stored: Mapping[str, Item], scene: Scene, locale: str
) -> dict[str, Item]:
    """Items with the names they are shown by."""
    pieces = {i.id: i for field in scene.fields for i in field.items}
    found: dict[str, Item] = {}
    for item_id in ids:
        kind, _, key = item_id.partition(":")
        item = (
            catalogue.item(kind, key, locale)  # type: ignore[arg-type]
            or pieces.get(item_id)
            or stored.get(item_id)
        )
        if item is not None:
            found[item_id] = item
    return found


def told(
    scene: Scene,
    chosen: Sequence[Chosen],
    items: Mapping[str, Item],
    heard: Heard,
    locale: str,
) -> tuple[tuple[Suggestion, ...], tuple[tuple[Reason, ...], ...]]:
    """(suggestions, all reasons of each); what lost its name since it was fitted is left out."""
    suggestions: list[Suggestion] = []
    every: list[tuple[Reason, ...]] = []
    for each in chosen:
        item = items.get(each.item_id)
        if item is None:
            continue
        why = reasons(_grounds(scene, each, items, heard, locale), locale)
        suggestions.append(
            Suggestion(
                item,
                len(suggestions),
                each.score,
                scene.policy,
                each.propensity,
                why[0],
                each.wildcard,
                each.parts,
            )
        )
        every.append(why)
    return tuple(suggestions), tuple(every)


def _grounds(
    scene: Scene, each: Chosen, items: Mapping[str, Item], heard: Heard, locale: str
) -> Grounds:
    found: Found = each.found
    titles = {key: _shown(item) for key, item in items.items()}
    plain = scene.policy != "popular"
    near = scene.people[0].items if scene.near else {}
    return Grounds(
        because=[titles[k] for k in found.because if k in titles] if plain and not near else (),
        near=_shown(next(iter(near.values()))) if near else "",
        sounds_like=titles.get(found.sounds_like, "") if plain and not near else "",
        listeners=heard[0].get(each.item_id, 0) if heard else 0,
        people=heard[1] if heard else 0,
        declared=[titles[k] for k in found.declared if k in titles] if plain else (),
        tags=[catalogue.shown(tag, locale) for tag in found.tags] if plain and not near else (),
        goes_with=[titles[k] for k in found.goes_with if k in titles] if plain else (),
        # A vocabulary's popularity comes from the genre tree, which is nobody's listening.
        popular=found.popular or (not plain and each.item_id.partition(":")[0] not in CLOSED),
        wildcard=each.wildcard,
        group=len(scene.people) > 1,
    )


def _shown(item: Item) -> str:
    return f"{item.artist} - {item.title}" if item.artist else item.title

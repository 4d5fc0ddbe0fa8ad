"""The recommender as the bot holds it: `client.taste`.

In: wishes, reactions, declarations. Out: lists with a reason on every item, profiles, briefs. It
holds caches and the fitted factors, nothing that a person could not have deleted: no vector of a
person is ever stored. Everything that computes runs on a thread.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.taste import catalogue, composing, listing, policies, profiles, reading, telling, writing
from bot.taste.fitting import Fitting
from bot.taste.listing import Scene
from bot.taste.people import People
from bot.taste.person import with_declared
from bot.taste.reading import Place
from bot.taste.recent import Recent
from bot.taste.values import (
    Comparison,
    Listing,
    Mode,
    Named,
    Note,
    Policy,
    Profile,
    ServerTaste,
    What,
    Wish,
)
from models.errors import Refusal
from models.planner.brief import Brief
from models.recommender.values import CLOSED, EventType, Item, Kind, Reason
from storage import consent, pieces, servers
from storage.db import DbThread

__all__ = [
    "Comparison",
    "Listing",
    "Mode",
    "Named",
    "Note",
    "Policy",
    "Profile",
    "ServerTaste",
    "Taste",
    "What",
    "Wish",
]

#: People of a list at most; more would only slow it down.
MOST_PEOPLE = 12
#: People a server's taste is read from, at most.
_MOST_COUNTED = 200
NOBODY = (
    "Fewer than two of you have agreed to be put together here. Whoever wants to be counted can "
    "press “Count me in”."
)
LEFT_OUT = "{count} of you did not agree to be put together, so their tastes are left out."
NOT_COMPARED = (
    "I compare only two people who both agreed to it in this server: each presses “Count me in” "
    "under /recommend for-us."
)
TOO_FEW = (
    "Fewer than {count} people here have agreed to be counted, and with so few the numbers would "
    "tell of single people; whoever wants to be counted presses “Count me in” under "
    "/recommend for-us."
)


class Taste:
    """Recommends, learns from what people do with it, and forgets.

    Parameters
    ----------
    db : DbThread
        The database.
    folder : Path
        Where fitted factors lie (npz); created when first written.
    now : callable
        UTC epoch seconds.
    database : Path | None
        The database's file: refits run in a process of their own. None: on a thread.
    holdout : float
        Share of (person, week) pairs that get the popular list (0..1).

    `due` is set when a fit should not wait for the next round (see `keeper`).
    """

    def __init__(
        self,
        db: DbThread,
        folder: Path,
        now: Callable[[], float] = time.time,
        *,
        database: Path | None = None,
        holdout: float = 0.1,
    ) -> None:
        self.db, self.folder, self.now, self.holdout = db, folder, now, holdout
        self.people = People(db, now)
        self.fitting = Fitting(db, folder, now, database)
        self.recent = Recent()

    @property
    def due(self) -> asyncio.Event:
        """Set when a fit should be made at once."""
        return self.fitting.due

    # --- lists -----------------------------------------------------------------------------------

    async def recommend(self, wish: Wish) -> Listing:
        """Choose a list; impressions are kept only of people who consented to reactions.

        Raises
        ------
        Refusal
            For a group of fewer than two who agreed to be counted together there.
        """
        policy = wish.policy or policies.policy_of(wish.user_id, self.now(), self.holdout)
        around = await self.db.run(
            reading.place, wish.user_id, wish.guild_id, self.now() - listing.COOLDOWN,
            with_pieces=wish.what in ("piece", "for-us"),
        )  # fmt: skip
        ids, notes = _counted(wish, around)
        initial = policy == "frozen"
        asker = await self.people.get(wish.user_id, wish.guild_id, initial=initial)
        people = [
            asker if id == wish.user_id
            else await self.people.get(id, wish.guild_id, initial=initial)
            for id in ids
        ]  # fmt: skip
        if ids == (wish.user_id,):
            people = [with_declared(asker, wish.declared)]
        models = await self.fitting.models(wish.guild_id, around.versions)
        near = await self._near(wish)
        scene = await asyncio.to_thread(
            telling.scene, wish, policy, asker, people, near, models, around,
            self.recent.shown(wish.user_id, self.now() - listing.COOLDOWN), self.now(),
        )  # fmt: skip
        chosen = await asyncio.to_thread(listing.make, scene)
        return await self._told(wish, scene, chosen, around, tuple(notes), ids)

    async def _told(
        self,
        wish: Wish,
        scene: Scene,
        chosen: Sequence[listing.Chosen],
        around: Place,
        notes: tuple[Note, ...],
        ids: tuple[int, ...],
    ) -> Listing:
        """Names and reasons for what was chosen; the list is logged where that is agreed to."""
        wanted = telling.ids_of(chosen)
        stored = await self.db.run(reading.described, wanted, wish.user_id, wish.guild_id)
        heard = await self.db.run(
            servers.listeners, wish.guild_id, tuple(c.item_id for c in chosen)
        )
        titles = await asyncio.to_thread(telling.named, wanted, stored, scene, wish.locale)
        suggestions, reasons = telling.told(scene, chosen, titles, heard, wish.locale)
        list_id = secrets.token_hex(6)
        numbers: tuple[int, ...] | None = None
        if around.consented and suggestions:
            numbers = await self.db.run(
                writing.log, wish.user_id, wish.guild_id, list_id, suggestions, reasons, ids,
                self.now(),
            )  # fmt: skip
        evidence = min((p.evidence for p in scene.people), default=0)
        found = Listing(
            list_id,
            suggestions,
            numbers or (0,) * len(suggestions),
            scene.policy,
            evidence,
            notes,
            ids,
            logged=numbers is not None,
        )
        self.recent.add(wish.user_id, found, reasons, self.now())
        return found

    async def _near(self, wish: Wish) -> Item | None:
        """The item a list should be near to, with its tags."""
        if wish.near is None:
            return None
        kind, _, key = wish.near.partition(":")
        own = catalogue.item(kind, key, wish.locale)  # type: ignore[arg-type]
        stored = await self.db.run(reading.described, (wish.near,), wish.user_id, wish.guild_id)
        found = own or stored.get(wish.near)
        if found is None and kind == "piece":  # nobody who agreed had to do with it yet
            piece = await self.db.run(pieces.get, key)
            found = None if piece is None else await asyncio.to_thread(catalogue.of_piece, piece)
        return found

    # --- what people do --------------------------------------------------------------------------

    async def react(
        self, user_id: int, guild_id: int, list_id: str, place: int, type: EventType
    ) -> bool:
        """Take what somebody did with an item of a list; the next list uses it.

        `guild_id` is where it was pressed. Returns whether it was stored: False without consent, or
        when the list is not known any more. The one who pressed need not be the one who asked.
        """
        item = await self._item_of(list_id, place)
        if item is None:
            return False
        stored = await self.db.run(
            writing.react, user_id, guild_id, list_id, item, type, self.now()
        )
        self.people.drop(user_id)
        return stored

    async def _item_of(self, list_id: str, place: int) -> Item | None:
        held = self.recent.get(list_id)
        if held is not None:
            items = held.listing.suggestions
            return items[place].item if 0 <= place < len(items) else None
        row = await self.db.run(writing.place_of, list_id, place)
        if row is None:
            return None
        return (await self.db.run(reading.described, (row.item,), row.user_id, 0)).get(row.item)

    async def deed(
        self,
        user_id: int,
        guild_id: int,
        kind: Kind,
        key: str,
        title: str,
        type: EventType,
        value: float = 1.0,
        source: str = "reactions",
        artist: str = "",
        tags: Mapping[str, float] | None = None,
        features: tuple[float, ...] = (),
    ) -> bool:
        """Record what somebody did with an item; False without consent to `source` here.

        `source` is one of `storage.consent.SOURCES`. `tags` are the person's own for the item.
        """
        item = Item(kind, key, title, artist, features=features)
        stored = await self.db.run(
            writing.deed, user_id, guild_id, item, type, value, source, self.now(), tags or {}
        )
        self.people.drop(user_id)
        return stored

    async def undo(
        self, user_id: int, guild_id: int, kind: Kind, key: str, type: EventType
    ) -> bool:
        """Take a deed back, wherever it was stored; False when there was none."""
        gone = await self.db.run(writing.undo, user_id, guild_id, f"{kind}:{key}", type)
        self.people.drop(user_id)
        return gone

    async def why(
        self, user_id: int, guild_id: int, list_id: str, place: int
    ) -> tuple[Reason, ...]:
        """Every reason that counts for an item of a list, the strongest first; () if unknown."""
        held = self.recent.get(list_id)
        if held is not None:
            return held.reasons[place] if 0 <= place < len(held.reasons) else ()
        row = await self.db.run(writing.place_of, list_id, place)
        return writing.reasons_of_json(row.reason) if row is not None else ()

    async def declare(
        self,
        user_id: int,
        guild_id: int,
        styles: Sequence[str] = (),
        moods: Sequence[str] = (),
        instruments: Sequence[str] = (),
    ) -> bool:
        """Keep what somebody says they like (vocabulary ids), in place of what they said before.

        False without consent to "reactions" here: nothing is kept then.
        """
        said = zip(CLOSED, (styles, moods, instruments), strict=True)
        named = [catalogue.item(kind, key) for kind, keys in said for key in dict.fromkeys(keys)]
        stored = await self.db.run(
            writing.declare, user_id, guild_id, [i for i in named if i is not None], self.now()
        )
        self.people.drop(user_id)
        return stored

    # --- pictures and pieces ---------------------------------------------------------------------

    async def profile(self, user_id: int, guild_id: int) -> Profile:
        """What is known of a person's taste here."""
        person = await self.people.get(user_id, guild_id)
        rows = await self.people.rows(user_id, guild_id)
        top = profiles.strongest_of(person)
        stored = await self.db.run(reading.described, top, user_id, guild_id)
        return await asyncio.to_thread(profiles.profile, person, rows.deeds, top, stored)

    async def compare(self, a: int, b: int, guild_id: int) -> Comparison:
        """Two tastes beside each other.

        Raises
        ------
        Refusal
            Unless both agreed to be compared there.
        """
        if not {a, b} <= set(await self.db.run(consent.together, guild_id)):
            raise Refusal(NOT_COMPARED)
        one, other = await self.profile(a, guild_id), await self.profile(b, guild_id)
        people = await self.people.get(a, guild_id), await self.people.get(b, guild_id)
        return await asyncio.to_thread(profiles.compare, *people, one, other)

    async def server(self, guild_id: int) -> ServerTaste:
        """A server's taste.

        Raises
        ------
        Refusal
            With fewer than five consenting people.
        """
        ids = await self.db.run(consent.together, guild_id)
        artists = await self.db.run(servers.server_top, guild_id, "artist")
        months = await self.db.run(servers.server_months, guild_id)
        if artists is None or months is None:
            raise Refusal(TOO_FEW, count=servers.ENOUGH_PEOPLE)
        people = [await self.people.get(id, guild_id) for id in ids[:_MOST_COUNTED]]
        return await asyncio.to_thread(profiles.server, len(ids), people, artists, months)

    async def brief_for(
        self,
        user_ids: Sequence[int],
        guild_id: int,
        brief: Brief,
        mode: Mode = "least_misery",
        *,
        seed: int | None = None,
        locale: str = "en",
    ) -> tuple[Brief, tuple[Note, ...]]:
        """Fill what a brief leaves open from one person's taste, or from a group's.

        Words first: a field that is given stays. Of several people only those who agreed to be
        counted together count. Notes say what was taken and from how many; where nothing is known
        they say that. `seed` draws from the taste (None: the brief's, or any).

        Raises
        ------
        Refusal
            When several were asked for and fewer than two can be counted.
        """
        ids = tuple(dict.fromkeys(user_ids))
        notes: tuple[Note, ...] = ()
        if len(ids) > 1:
            agreed = await self.db.run(consent.together, guild_id)
            ids, notes = _agreed(ids, agreed)
        people = [await self.people.get(id, guild_id) for id in ids]
        drawn = brief.seed if seed is None else seed
        drawn = secrets.randbelow(2**31) if drawn is None else drawn
        filled, said = await asyncio.to_thread(
            composing.brief_for, [p.vector for p in people], brief, mode, drawn, locale
        )
        return filled, (*said, *notes)

    # --- forgetting and fitting ------------------------------------------------------------------

    async def forget(self, user_id: int) -> None:
        """Drop what caches and factors may still say of somebody whose rows were just deleted.

        Call it after `storage.privacy.forget` (or after a consent was withdrawn). Files of factors
        that no row names any more are deleted at once, and a fit is due.
        """
        self.people.drop(user_id)
        self.recent.drop(user_id)
        await self.fitting.forget()

    async def refit_if_due(self) -> bool:
        """Fit again after a forget, with 1 % new signals, or after a day; True when it fitted."""
        return await self.fitting.if_due()


def _counted(wish: Wish, around: Place) -> tuple[tuple[int, ...], tuple[Note, ...]]:
    """Whose tastes a list is made from: the asker's, or those of a group who agreed."""
    if wish.what != "for-us" and not wish.member_ids:
        return (wish.user_id,), ()
    return _agreed(wish.member_ids or around.together, around.together)


def _agreed(
    ids: Sequence[int], together: Sequence[int]
) -> tuple[tuple[int, ...], tuple[Note, ...]]:
    wanted = tuple(dict.fromkeys(ids))
    counted = tuple(id for id in wanted if id in set(together))[:MOST_PEOPLE]
    if len(counted) < 2:
        raise Refusal(NOBODY)
    left_out = sum(id not in set(together) for id in wanted)
    return counted, ((LEFT_OUT, {"count": left_out}),) if left_out else ()

"""Consent, pauses, withdrawals and forgetting against a model, in orders nobody would think of."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from storage import consent, deeds, items, listens, privacy
from storage.db import integrity_check, open_database

PEOPLE = st.sampled_from((1, 2))
PLACES = st.sampled_from((10, 20, None))
SOURCES = st.sampled_from(("listening", "presence", "reactions", "pieces"))
SONGS = st.sampled_from(("a", "b"))


class Taste(RuleBasedStateMachine):
    """The model is a set of agreements, the paused, and rows (person, scope, source, song)."""

    def __init__(self):
        super().__init__()
        self.db = open_database(":memory:")
        self.agreed, self.paused, self.rows = set(), set(), set()

    def teardown(self):
        assert integrity_check(self.db) == []
        self.db.close()

    @rule(person=PEOPLE, source=SOURCES, place=PLACES)
    def grant(self, person, source, place):
        consent.grant(self.db, person, [source], place, 0.0)
        self.agreed.add((person, source, place or 0))

    @rule(person=PEOPLE, sources=st.sets(SOURCES, min_size=1), place=PLACES)
    def withdraw(self, person, sources, place):
        consent.withdraw(self.db, person, sources, place)
        gone = {(person, source, place or 0) for source in sources}
        self.agreed -= gone
        self.rows = {row for row in self.rows if (row[0], row[2], row[1]) not in gone}

    @rule(person=PEOPLE, paused=st.booleans())
    def pause(self, person, paused):
        consent.save_settings(self.db, consent.TasteSettings(person, paused=paused))
        (self.paused.add if paused else self.paused.discard)(person)

    @rule(person=PEOPLE)
    def forget(self, person):
        privacy.forget(self.db, person)
        self.agreed = {one for one in self.agreed if one[0] != person}
        self.rows = {row for row in self.rows if row[0] != person}
        self.paused.discard(person)

    @rule(place=PLACES.filter(bool))
    def leave(self, place):
        privacy.leave_guild(self.db, place)
        self.agreed = {one for one in self.agreed if one[2] != place}
        self.rows = {row for row in self.rows if row[1] != place}

    @rule(person=PEOPLE, place=PLACES.filter(bool))
    def leave_alone(self, person, place):
        privacy.leave_member(self.db, person, place)
        self.agreed = {one for one in self.agreed if one[::2] != (person, place)}
        self.rows = {row for row in self.rows if row[:2] != (person, place)}

    @rule(person=PEOPLE, source=SOURCES, place=PLACES, song=SONGS)
    def store(self, person, source, place, song):
        [id] = items.ensure(self.db, [("track", song, song, f"by {song}")])
        if source == "listening":
            stored = listens.add(self.db, person, place, "hand", [(id, 1, 1)], 1e9)
        elif source == "presence":
            stored = listens.heard(self.db, person, place, id, 5.0, 60.0)
        else:
            stored = deeds.record(self.db, person, place, id, "like", 1, source, 5.0)
        scopes = [s for s in (0, place) if (person, source, s) in self.agreed]
        if not scopes or person in self.paused:
            assert not stored
            return
        new = (person, scopes[0], source, song)
        if source in ("listening", "presence"):
            assert bool(stored) == (new not in self.rows)
        self.rows.add(new)

    @rule(person=PEOPLE, place=PLACES, song=SONGS)
    def take_back(self, person, place, song):
        id = items.number(self.db, f"track:{song}")
        mine = {
            row for row in self.rows
            if row[0] == person and row[1] in (0, place) and row[3] == song
            and row[2] in ("reactions", "pieces")
        }  # fmt: skip
        assert (id is not None and deeds.take_back(self.db, person, place, id, "like")) == bool(
            mine
        )
        self.rows -= mine

    @invariant()
    def rows_are_the_model(self):
        found = self.db.conn.execute(
            "SELECT t.user_id, t.guild_id, t.source, key FROM (SELECT user_id, guild_id, item_id,"
            " 'listening' AS source FROM listens UNION ALL SELECT user_id, guild_id, item_id,"
            " 'presence' FROM presence UNION ALL SELECT user_id, guild_id, item_id, source"
            " FROM deeds) AS t JOIN items ON items.id = t.item_id"
        ).fetchall()
        assert len(found) == len(self.rows)
        assert set(found) == self.rows

    @invariant()
    def scopes_are_the_model(self):
        for person in (1, 2):
            for source in ("listening", "reactions"):
                for place in (10, None):
                    expected = None
                    if person not in self.paused:
                        scopes = [s for s in (0, place) if (person, source, s) in self.agreed]
                        expected = scopes[0] if scopes else None
                    assert consent.scope(self.db, person, source, place) == expected

    @invariant()
    def every_row_is_somebodys_wish(self):
        assert {(person, source, scope) for person, scope, source, _ in self.rows} <= self.agreed


TestTaste = Taste.TestCase
TestTaste.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

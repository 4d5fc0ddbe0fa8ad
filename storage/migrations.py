"""The schema, one small function per change, in the order they happened.

In: a Database, inside a transaction. Out: tables. Applied functions are never edited: a change to
the schema is a new function at the end (idea: simonw/llm `migrations.py`). Times are UTC epoch
seconds, ids of people and places are Discord snowflakes, STRICT tables refuse the wrong type.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("segno")


@migrations()  # type: ignore[untyped-decorator]
def m001_jobs(db: Database) -> None:
    """Create jobs, and the turn each lane (a server, or a person in DMs) had last."""
    db.executescript("""
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            request TEXT NOT NULL,
            kind TEXT NOT NULL,
            seed INTEGER NOT NULL,
            locale TEXT NOT NULL,
            user_id INTEGER NOT NULL,
            guild_id INTEGER,
            channel_id INTEGER NOT NULL,
            lane TEXT NOT NULL,
            interaction_id INTEGER UNIQUE,
            application_id INTEGER NOT NULL,
            token TEXT,
            source_message_id INTEGER,
            reply_id INTEGER,
            state TEXT NOT NULL DEFAULT 'queued'
                CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
            attempts INTEGER NOT NULL DEFAULT 0,
            worker TEXT,
            lease_until REAL NOT NULL DEFAULT 0,
            cancel_requested INTEGER NOT NULL DEFAULT 0,
            step INTEGER NOT NULL DEFAULT 0,
            of INTEGER NOT NULL DEFAULT 0,
            label TEXT NOT NULL DEFAULT '',
            result TEXT,
            error TEXT,
            error_values TEXT,
            delivery TEXT NOT NULL DEFAULT 'waiting'
                CHECK (delivery IN ('waiting', 'pending', 'delivered', 'abandoned')),
            delivery_tries INTEGER NOT NULL DEFAULT 0,
            deliver_after REAL NOT NULL DEFAULT 0,
            created REAL NOT NULL,
            finished REAL
        ) STRICT;
        CREATE INDEX jobs_active ON jobs(user_id, lane) WHERE state IN ('queued', 'running');
        CREATE INDEX jobs_unanswered ON jobs(id) WHERE delivery = 'pending';
        CREATE INDEX jobs_lane ON jobs(lane, created);
        -- A message that asks is one job however often the gateway replays it; a message whose
        -- buttons ask may have many, each with its own interaction.
        CREATE UNIQUE INDEX jobs_message ON jobs(source_message_id)
            WHERE interaction_id IS NULL AND source_message_id IS NOT NULL;
        CREATE TABLE turns (lane TEXT PRIMARY KEY, turn INTEGER NOT NULL) STRICT;
    """)


@migrations()  # type: ignore[untyped-decorator]
def m002_pieces(db: Database) -> None:
    """Create the library; `words` is what the search sees (see storage.pieces.searchable)."""
    db.executescript("""
        CREATE TABLE pieces (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            owner_id INTEGER NOT NULL,
            guild_id INTEGER,
            channel_id INTEGER NOT NULL,
            message_id INTEGER,
            title TEXT NOT NULL,
            style TEXT NOT NULL,
            mood TEXT NOT NULL,
            key TEXT NOT NULL,
            seconds REAL NOT NULL,
            brief TEXT NOT NULL,
            plan TEXT NOT NULL,
            folder TEXT NOT NULL,
            parent TEXT,
            job_id INTEGER,
            created REAL NOT NULL,
            deleted REAL,
            words TEXT NOT NULL
        ) STRICT;
        CREATE INDEX pieces_owner ON pieces(owner_id, created);
        CREATE INDEX pieces_guild ON pieces(guild_id, created);
        CREATE INDEX pieces_message ON pieces(message_id) WHERE message_id IS NOT NULL;
        CREATE INDEX pieces_job ON pieces(job_id) WHERE job_id IS NOT NULL;
    """)
    db["pieces"].enable_fts(["words"], create_triggers=True)


@migrations()  # type: ignore[untyped-decorator]
def m003_taste_and_settings(db: Database) -> None:
    """Create ratings (from reactions) and each person's settings."""
    db.executescript("""
        CREATE TABLE ratings (
            user_id INTEGER NOT NULL,
            piece_id TEXT NOT NULL REFERENCES pieces(id) ON DELETE CASCADE,
            emoji TEXT NOT NULL,
            value INTEGER NOT NULL CHECK (value IN (-1, 1)),
            created REAL NOT NULL,
            PRIMARY KEY (user_id, piece_id, emoji)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX ratings_piece ON ratings(piece_id);
        CREATE TABLE preferences (
            user_id INTEGER PRIMARY KEY,
            locale TEXT,
            voice_message INTEGER NOT NULL DEFAULT 0,
            formats TEXT NOT NULL DEFAULT '[]'
        ) STRICT;
    """)


@migrations()  # type: ignore[untyped-decorator]
def m004_revivals(db: Database) -> None:
    """Count the deaths of the whole process apart: they are seldom the running job's fault."""
    db.execute("ALTER TABLE jobs ADD COLUMN revivals INTEGER NOT NULL DEFAULT 0")


@migrations()  # type: ignore[untyped-decorator]
def m005_styles(db: Database) -> None:
    """Create learned styles, and which of them each person composes in."""
    db.executescript("""
        CREATE TABLE styles (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            owner_id INTEGER NOT NULL,
            name TEXT NOT NULL COLLATE NOCASE,
            pieces INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('vector', 'embedding', 'adapter')),
            folder TEXT NOT NULL,
            report TEXT NOT NULL,
            shared_guild INTEGER,
            created REAL NOT NULL,
            UNIQUE (owner_id, name)
        ) STRICT;
        CREATE INDEX styles_guild ON styles(shared_guild) WHERE shared_guild IS NOT NULL;
        CREATE TABLE active_styles (
            user_id INTEGER PRIMARY KEY,
            style_id INTEGER NOT NULL REFERENCES styles(id) ON DELETE CASCADE
        ) STRICT;
        CREATE INDEX active_styles_style ON active_styles(style_id);
    """)


@migrations()  # type: ignore[untyped-decorator]
def m006_taste(db: Database) -> None:
    """Create what is known of people's taste, with their consent; reactions go without it.

    `guild_id` 0 is the cross-server scope, as is a direct message. Ratings that nobody agreed to
    keep are dropped.
    """
    db.executescript("""
        DROP TABLE ratings;
        CREATE TABLE consents (
            user_id INTEGER NOT NULL,
            source TEXT NOT NULL
                CHECK (source IN ('listening', 'presence', 'reactions', 'pieces', 'together')),
            guild_id INTEGER NOT NULL,
            since REAL NOT NULL,
            PRIMARY KEY (user_id, source, guild_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX consents_guild ON consents(guild_id, source);
        CREATE TABLE taste_settings (
            user_id INTEGER PRIMARY KEY,
            paused INTEGER NOT NULL DEFAULT 0,
            listening_paused INTEGER NOT NULL DEFAULT 0,
            digest INTEGER NOT NULL DEFAULT 0,
            digest_sent REAL,
            keep_comments INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE items (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            title TEXT NOT NULL,
            artist TEXT NOT NULL DEFAULT '',
            features TEXT NOT NULL DEFAULT '[]',
            UNIQUE (kind, key)
        ) STRICT;
        CREATE INDEX items_artist ON items(artist COLLATE NOCASE) WHERE artist != '';
        -- user_id 0: tags of our own.
        CREATE TABLE item_tags (
            item_id INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
            tag TEXT NOT NULL,
            user_id INTEGER NOT NULL,
            guild_id INTEGER NOT NULL,
            weight REAL NOT NULL,
            source TEXT NOT NULL,
            PRIMARY KEY (item_id, tag, user_id, guild_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX item_tags_user ON item_tags(user_id);
        CREATE TABLE listens (
            user_id INTEGER NOT NULL,
            guild_id INTEGER NOT NULL,
            item_id INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
            day INTEGER NOT NULL,
            source TEXT NOT NULL,
            plays REAL NOT NULL,
            PRIMARY KEY (user_id, guild_id, item_id, day, source)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX listens_item ON listens(item_id);
        CREATE TABLE presence (
            user_id INTEGER NOT NULL,
            guild_id INTEGER NOT NULL,
            item_id INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
            started REAL NOT NULL,
            seconds REAL NOT NULL,
            PRIMARY KEY (user_id, guild_id, item_id, started)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX presence_item ON presence(item_id);
        CREATE INDEX presence_started ON presence(started);
        CREATE TABLE deeds (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id INTEGER NOT NULL,
            guild_id INTEGER NOT NULL,
            item_id INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
            type TEXT NOT NULL,
            value REAL NOT NULL,
            source TEXT NOT NULL
                CHECK (source IN ('listening', 'presence', 'reactions', 'pieces')),
            created REAL NOT NULL
        ) STRICT;
        CREATE INDEX deeds_user ON deeds(user_id, guild_id);
        -- One opinion of each kind; what happens again and again is a row each time.
        CREATE UNIQUE INDEX deeds_once ON deeds(user_id, guild_id, item_id, type, source)
            WHERE type NOT IN ('replay', 'skip', 'used');
        CREATE INDEX deeds_item ON deeds(item_id);
        CREATE TABLE comments (
            user_id INTEGER NOT NULL,
            guild_id INTEGER NOT NULL,
            item_id INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
            text TEXT NOT NULL,
            created REAL NOT NULL,
            PRIMARY KEY (user_id, guild_id, item_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX comments_item ON comments(item_id);
        CREATE TABLE impressions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            list_id TEXT NOT NULL,
            user_id INTEGER NOT NULL,
            guild_id INTEGER NOT NULL,
            item_id INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            policy TEXT NOT NULL,
            score REAL NOT NULL,
            parts TEXT NOT NULL,
            propensity REAL NOT NULL,
            wildcard INTEGER NOT NULL,
            reason TEXT NOT NULL,
            created REAL NOT NULL,
            outcome TEXT,
            UNIQUE (list_id, place)
        ) STRICT;
        CREATE INDEX impressions_user ON impressions(user_id, created);
        CREATE INDEX impressions_item ON impressions(item_id);
        CREATE INDEX impressions_created ON impressions(created);
        -- Whose tastes a list for several people came from, besides the one who asked.
        CREATE TABLE impression_people (
            user_id INTEGER NOT NULL,
            list_id TEXT NOT NULL,
            PRIMARY KEY (user_id, list_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX impression_people_list ON impression_people(list_id);
        CREATE TABLE taste_models (
            version INTEGER PRIMARY KEY AUTOINCREMENT,
            guild_id INTEGER NOT NULL,
            path TEXT NOT NULL,
            params TEXT NOT NULL,
            metrics TEXT NOT NULL,
            signals INTEGER NOT NULL,
            stale INTEGER NOT NULL DEFAULT 0,
            created REAL NOT NULL
        ) STRICT;
        CREATE TABLE forgotten (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            sequence INTEGER NOT NULL,
            erased INTEGER NOT NULL
        ) STRICT;
        INSERT INTO forgotten (id, sequence, erased) VALUES (1, 0, 0);
    """)


@migrations()  # type: ignore[untyped-decorator]
def m007_conversation(db: Database) -> None:
    """Create sessions, what was said in them, what words meant to whom, and servers' settings."""
    db.executescript("""
        CREATE TABLE sessions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            owner_id INTEGER NOT NULL,
            guild_id INTEGER,
            channel_id INTEGER NOT NULL,
            shared INTEGER NOT NULL,
            state TEXT NOT NULL DEFAULT '{}',
            created REAL NOT NULL,
            used REAL NOT NULL
        ) STRICT;
        -- A thread has one session, another channel one for each person.
        CREATE UNIQUE INDEX sessions_shared ON sessions(channel_id) WHERE shared;
        CREATE UNIQUE INDEX sessions_own ON sessions(channel_id, owner_id) WHERE NOT shared;
        CREATE INDEX sessions_owner ON sessions(owner_id);
        CREATE INDEX sessions_guild ON sessions(guild_id) WHERE guild_id IS NOT NULL;
        CREATE INDEX sessions_used ON sessions(used);
        -- "turns" are those of the lanes that wait for workers.
        CREATE TABLE conversation_turns (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            session_id INTEGER NOT NULL
                REFERENCES sessions(id) ON DELETE CASCADE ON UPDATE CASCADE,
            user_id INTEGER NOT NULL,
            guild_id INTEGER,
            channel_id INTEGER NOT NULL,
            locale TEXT NOT NULL,
            message_id INTEGER UNIQUE,
            text TEXT NOT NULL,
            plan TEXT NOT NULL DEFAULT '',
            at INTEGER NOT NULL DEFAULT 0,
            made TEXT NOT NULL DEFAULT '{}',
            lines TEXT NOT NULL DEFAULT '[]',
            state TEXT NOT NULL DEFAULT 'running'
                CHECK (state IN ('asking', 'running', 'done', 'failed', 'cancelled')),
            job_id INTEGER,
            reply_id INTEGER,
            created REAL NOT NULL
        ) STRICT;
        CREATE INDEX conversation_turns_session ON conversation_turns(session_id);
        CREATE INDEX conversation_turns_user ON conversation_turns(user_id);
        CREATE INDEX conversation_turns_job ON conversation_turns(job_id)
            WHERE job_id IS NOT NULL;
        CREATE INDEX conversation_turns_reply ON conversation_turns(reply_id)
            WHERE reply_id IS NOT NULL;
        CREATE INDEX conversation_turns_open ON conversation_turns(session_id, state)
            WHERE state IN ('asking', 'running');
        CREATE TABLE readings (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id INTEGER NOT NULL,
            words TEXT NOT NULL,
            intent TEXT NOT NULL,
            UNIQUE (user_id, words)
        ) STRICT;
        CREATE TABLE guild_settings (
            guild_id INTEGER PRIMARY KEY,
            channels TEXT NOT NULL,
            locale TEXT,
            per_hour INTEGER,
            voice INTEGER NOT NULL,
            threads INTEGER NOT NULL
        ) STRICT;
    """)


@migrations()  # type: ignore[untyped-decorator]
def m008_greeted(db: Database) -> None:
    """Remember to whom we introduced ourselves."""
    db.executescript("ALTER TABLE preferences ADD COLUMN greeted INTEGER NOT NULL DEFAULT 0;")

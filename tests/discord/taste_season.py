"""A club's season: thirty members use Segno for eight weeks, and what they press is counted.

In: a policy for the lists. Out: the like rate by week, the share of pieces composed "from my taste"
that are in a style the member is glad to hear, and what is left of the one who leaves. Everything
goes through the real client (SimCord's Discord): exports are uploaded, buttons are pressed,
reactions are put on messages. Printed as a table by `test_taste_season.py -s`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from unittest.mock import patch

from discord_world import open_world
from taste_people import SCENES, Club, Listener, found_club

from models import vocabulary
from tests.recommender.export_files import write_listenbrainz

WEEK = 7 * 86400.0
#: After so many seconds discord.py lets go of an answer that only one person sees; hundreds of them
#: at a time take SimCord minutes to look through.
LOOKED_AT = 16 * 60.0
START = 1_780_000_000.0  # May 2026, UTC
#: Members who compose from their taste each week, and the week after which one is forgotten.
COMPOSERS, FORGETS_AFTER = 3, 5


@dataclass
class Week:
    """What was shown and thought of in a week; a like counts when it is the first."""

    shown: int = 0
    likes: int = 0
    dislikes: int = 0

    @property
    def like_rate(self) -> float:
        return self.likes / self.shown if self.shown else 0.0


@dataclass
class Season:
    """What a season found."""

    weeks: list[Week] = field(default_factory=list)
    pieces: int = 0
    welcome: int = 0
    rows_of_the_forgotten: int = -1
    listed_the_forgotten: bool = False


class Clock:
    """Time as the bot sees it."""

    def __init__(self):
        self.at = START

    def __call__(self):
        return self.at


async def season(folder, policy, *, people=30, weeks=8, spec=None, seed=7) -> Season:
    """Live through a season under one policy ("personal", "popular" or "frozen")."""
    clock = Clock()
    with patch("bot.taste.policies.policy_of", lambda *_: policy):
        async with open_world(folder, spec=spec, clock=clock, guild_per_hour=10_000) as world:
            return await live(world, folder, found_club(people, seed), clock, weeks)


async def live(world, folder, club: Club, clock: Clock, weeks: int) -> Season:
    """Everybody arrives; then each week all browse, some compose, and once one is forgotten."""
    found, people = Season(), list(club.members)
    glad: dict[str, set[str]] = {listener.name: set() for listener in people}
    members = {m.name: world.guild.add_member(world.env.create_user(m.name)) for m in people}
    for listener in people:
        await arrive(world, folder, members[listener.name], listener, club)
        await world.env.advance_time(LOOKED_AT)
    await world.app.client.taste.refit_if_due()
    for week in range(weeks):
        clock.at += WEEK
        found.weeks.append(Week())
        for number, listener in enumerate(people):
            await browse(
                world, members[listener.name], listener, club, found.weeks[-1],
                glad[listener.name],
            )  # fmt: skip
            await world.env.advance_time(LOOKED_AT)
            if number % (len(people) // COMPOSERS) == week % (len(people) // COMPOSERS):
                await compose(world, members[listener.name], listener, found)
        if week + 1 == FORGETS_AFTER:
            await leave(world, members[people.pop().name], found)
        await world.app.client.taste.refit_if_due()
    return found


async def arrive(world, folder, member, listener: Listener, club: Club):
    """Agree that reactions and pieces are kept here, and send in an export."""
    form = await member.slash(world.channel, "recommend styles")
    await world.press(member, form.response, "agree")
    export = write_listenbrainz(
        folder / f"{listener.name}.zip",
        [
            (artist, f"Song {play % 4}", START - (play + 1) * 86400.0, tags_of(artist, club))
            for artist, plays in listener.plays.items()
            for play in range(plays)
        ],
    )
    await member.slash(
        world.channel, "listening import",
        file=(export.name, export.read_bytes()), scope="server",
    )  # fmt: skip
    await world.work()


def tags_of(artist, club):
    scene = club.scene_of[artist]
    return SCENES[scene] if scene else ("pop",)


async def browse(world, member, listener, club, week: Week, glad: set[str]):
    """Ask for artists, and press what one thinks of each; what one said before is no news."""
    asked = await member.slash(world.channel, "recommend artists")
    rows = await world.rows(
        "SELECT place, title FROM impressions JOIN items ON items.id = item_id"
        " WHERE list_id = (SELECT list_id FROM impressions WHERE user_id = ?"
        " ORDER BY id DESC LIMIT 1) ORDER BY place",
        member.id,
    )
    chosen = 0
    for place, title in rows:
        week.shown += 1
        said = listener.says(title, club.scene_of)
        week.likes += said == "like" and title not in glad
        week.dislikes += said == "dislike"
        glad |= {title} if said == "like" else set()
        if said is not None:
            if place != chosen:
                await world.press(member, asked.response, "place", [str(place)])
            await world.press(member, asked.response, said)
            chosen = place


async def compose(world, member, listener, found: Season):
    """Have something composed from one's taste, and react to it."""
    asked = await member.slash(world.channel, "compose", text="something I'd like")
    await world.work()
    brief = world.studio.requests[-1]["brief"]
    found.pieces += 1
    style = vocabulary.load().styles[brief["style"]]
    glad = style.family in listener.families
    found.welcome += glad
    await member.react(asked.response, "👍" if glad else "👎")


async def leave(world, member, found: Season):
    """Have everything forgotten."""
    sure = await member.slash(world.channel, "privacy forget")
    await world.press(member, sure.response, "forget")
    tables = [t for (t,) in await world.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = 0
    for table in tables:
        for row in await world.rows(f'SELECT * FROM "{table}"'):  # noqa: S608
            rows += any(str(member.id) in str(cell) for cell in row)
    found.rows_of_the_forgotten = rows
    again = await member.slash(world.channel, "recommend artists")
    found.listed_the_forgotten = "1. " in again.response.content  # the first-time form comes


def table(seasons: dict[str, Season]) -> str:
    """Like rate by week, one row for each policy."""
    weeks = len(next(iter(seasons.values())).weeks)
    lines = ["liked       " + "".join(f"week {n}  " for n in range(1, weeks + 1)) + "   all"]
    for policy, found in seasons.items():
        rates = [week.like_rate for week in found.weeks]
        shown = sum(week.shown for week in found.weeks)
        likes = sum(week.likes for week in found.weeks)
        cells = "".join(f"{100 * rate:6.0f} %" for rate in rates)
        lines.append(f"{policy:10s}{cells}{100 * likes / max(1, shown):6.1f} %")
    for policy, found in seasons.items():
        welcome = f"{found.welcome} of {found.pieces} pieces from a taste in a style of one's own"
        lines.append(f"{policy}: {welcome}; {sum(w.dislikes for w in found.weeks)} dislikes")
    return "\n".join(lines)

"""The local page: the same bot, driven over HTTP as the browser does."""

from __future__ import annotations

import base64

import pytest
from aiohttp.test_utils import TestClient, TestServer
from discord_world import open_world

from bot.demo import Stage
from storage import consent

HEADERS = {"X-Segno": "1"}


class Browser:
    """What page.html does, in Python."""

    def __init__(self, http, world):
        self.http, self.world = http, world
        self.locale, self.place = "en", "server"

    async def act(self, verb, **wish):
        body = {"verb": verb, "place": self.place, "locale": self.locale, **wish}
        answer = await self.http.post("/api/act", json=body, headers=HEADERS)
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def slash(self, path, types=None, **options):
        kinds = {name: 3 for name in options} | (types or {})
        return await self.act("slash", path=path, options=options, types=kinds)

    async def messages(self):
        answer = await self.http.get("/api/state", params={"place": self.place})
        return await answer.json()

    async def press(self, message, label):
        buttons = [c for row in message["components"] for c in row["components"]]
        chosen = next(b for b in buttons if b.get("label") == label)
        return await self.act("click", message=message["id"], custom_id=chosen["custom_id"])


@pytest.fixture
async def browser(tmp_path):
    async with (
        open_world(tmp_path) as world,
        TestClient(TestServer(Stage(world.env).web_app())) as http,
    ):
        yield Browser(http, world)


async def test_a_piece_from_the_form_to_the_player(browser):
    page = await browser.http.get("/")
    assert "<audio" not in await page.text()
    await browser.slash("compose", {"tempo": 4}, text="a calm waltz", tempo="90")
    (waiting,) = await browser.messages()
    assert "You are next" in waiting["content"]
    await browser.world.app.runner.drain()  # outside any action, as in the running app
    (done,) = await browser.messages()
    assert done["id"] == waiting["id"]
    assert browser.world.studio.requests[0]["brief"]["tempo"] == 90
    mp3 = done["attachments"][0]
    whole = await browser.http.get(mp3["path"])
    assert whole.content_type == "audio/mpeg"
    data = await whole.read()
    part = await browser.http.get(mp3["path"], headers={"Range": "bytes=100-199"})
    assert part.status == 206
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(data)}"
    assert await part.read() == data[100:200]


async def test_nothing_new_costs_nothing(browser):
    first = await browser.http.get("/api/state")
    again = await browser.http.get("/api/state", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    await browser.slash("help")
    changed = await browser.http.get("/api/state", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status == 200


async def test_buttons_menus_forms_and_reactions(browser):
    await browser.slash("compose", text="a calm waltz")
    await browser.world.app.runner.drain()
    (done,) = await browser.messages()
    shown = await browser.press(done, "Again with changes")
    values = {"text": "a calm tango", "settings": "tempo: 99", "seed": ""}
    await browser.act("modal", modal=shown["handle"], values=values)
    await browser.world.app.runner.drain()
    assert browser.world.studio.requests[-1]["brief"]["tempo"] == 99

    menu = next(c for row in done["components"] for c in row["components"] if c["type"] == 3)
    await browser.act("select", message=done["id"], custom_id=menu["custom_id"], values=["wav"])
    await browser.world.app.runner.drain()
    assert (await browser.messages())[-1]["attachments"][0]["filename"].endswith(".wav")

    (me,) = (await browser.world.rows("SELECT DISTINCT user_id FROM jobs"))[0]
    await browser.world.db.run(consent.grant, me, ["reactions"], 0, 0.0)
    await browser.act("react", message=done["id"], emoji="👍", on=True)
    (first, *_) = await browser.messages()
    assert first["reactions"][0]["me"]
    assert await browser.world.rows("SELECT type FROM deeds") == [("like",)]
    await browser.act("react", message=done["id"], emoji="👍", on=False)
    assert await browser.world.rows("SELECT type FROM deeds") == []


async def test_a_file_from_the_page_is_worked_on(browser):
    tune = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0"
    file = {"name": "tune.mid", "data": base64.b64encode(tune).decode()}
    await browser.slash("rework", {"file": 11, "motion": 4}, what="restyle", file=file, motion="80")
    await browser.world.app.runner.drain()
    rework = browser.world.studio.requests[-1]["rework"]
    assert (rework["title"], rework["motion"]) == ("tune", 80)
    assert (browser.world.app.settings.data_dir / rework["source"]).read_bytes() == tune


async def test_what_is_said_on_the_page_is_answered(browser):
    ear = browser.world.ear
    for text, heard in {
        "a waltz": ("compose", {"style": "waltz"}),
        "slower": ("edit", {"pace": "slower"}),
        "hello": ("chat", {}),
    }.items():
        ear.hears(text, heard)
    await browser.act("say", text="a waltz")  # with a mention, as in any channel
    await browser.world.app.runner.drain()
    said, done = await browser.messages()
    assert said["content"].endswith(" a waltz")
    assert len(done["attachments"]) == 3
    await browser.act("say", text="slower", message=done["id"])
    await browser.world.app.runner.drain()
    assert (await browser.messages())[-2]["referenced_message"]["id"] == done["id"]
    assert browser.world.studio.requests[-1]["edit"]["source"] in done["attachments"][0]["filename"]
    await browser.act("say", text="hello")
    *_, third = await browser.messages()
    await browser.press(third, "Go on in a thread")
    (thread,) = await (await browser.http.get("/api/places")).json()
    browser.place = thread["id"]
    assert "is on the table" in (await browser.messages())[0]["content"]
    await browser.act("say", text="slower")
    await browser.world.app.runner.drain()
    assert len((await browser.messages())[-1]["attachments"]) == 3
    assert (await browser.http.get("/api/state", params={"place": "77"})).status == 404


async def test_a_file_is_said_in_person_on_the_page(browser):
    browser.place = "dm"
    tune = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0"
    file = {"name": "tune.mid", "data": base64.b64encode(tune).decode()}
    await browser.act("say", text="", files=[file])
    assert (await browser.messages())[-1]["content"].startswith("“tune” is on the table.")


async def test_in_chinese_and_in_a_direct_message(browser):
    browser.locale, browser.place = "zh", "dm"
    found = await browser.http.get("/api/commands", params={"place": "dm"})
    compose = next(c for c in await found.json() if c["path"] == "compose")
    assert compose["name_localizations"]["zh-CN"] == "作曲"
    offers = await browser.act("autocomplete", path="compose", option="style", value="探戈")
    assert "tango" in [o["value"] for o in offers["choices"]]
    await browser.slash("compose", text="探戈")
    (waiting,) = await browser.messages()
    assert "收到" in waiting["content"]
    await browser.slash("compose", {"tempo": 4}, text="探戈", tempo="5000")
    assert "没法演奏" in (await browser.messages())[-1]["content"]


async def test_every_command_of_the_bot_is_on_the_page(browser):
    paths = [c["path"] for c in await (await browser.http.get("/api/commands")).json()]
    assert sorted(paths) == [
        "arrange", "compose", "edit", "help", "library", "listening add",
        "listening forget", "listening import", "listening pause", "listening resume",
        "listening status", "lyrics", "motif", "piece show", "privacy export",
        "privacy forget", "privacy pause", "privacy show", "rate", "recommend artists",
        "recommend for-us", "recommend instruments", "recommend loops", "recommend moods",
        "recommend pieces", "recommend progressions", "recommend styles",
        "recommend tracks", "rework", "server channels all", "server channels allow",
        "server channels remove", "server set", "server show", "session clear", "session show",
        "settings", "song",
        "style forget", "style learn",
        "style list", "style share", "style use", "taste compare", "taste declare",
        "taste digest", "taste me", "taste server",
    ]  # fmt: skip


async def test_other_sites_are_kept_out(browser):
    wish = {"verb": "slash", "place": "server", "path": "help", "options": {}, "types": {}}
    no_header = await browser.http.post("/api/act", json=wish)
    assert no_header.status == 403
    foreign = {"Host": "evil.example:8787"}
    for path in ("/", "/api/state"):
        assert (await browser.http.get(path, headers=foreign)).status == 403
    rebound = await browser.http.post("/api/act", json=wish, headers=HEADERS | foreign)
    assert rebound.status == 403
    assert await browser.messages() == []
    assert (await browser.http.get("/files/server/1/2/x.mp3")).status == 404


async def test_after_a_restart_the_person_is_the_same_and_interactions_are_new(tmp_path):
    people, interactions = [], []
    for _ in range(2):
        async with open_world(tmp_path) as world:
            stage = Stage(world.env)
            people.append(stage.user.id)
            await stage.member.slash(stage.places["server"], "compose", text="a calm waltz")
            interactions += await world.rows("SELECT interaction_id FROM jobs ORDER BY id DESC")
            await world.work()
    assert people[0] == people[1]
    assert len(set(interactions)) == 2

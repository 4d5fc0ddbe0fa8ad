"""Asking for what one likes, alone or together, in words; and what only looks like it."""

import pytest

from bot.agent.understand import read

MINE = (
    "something I'd like",
    "compose something I would like, in C minor",
    "make me something I'll love",
    "based on my taste",
    "a waltz based on my taste",
    "a piece to my taste, one minute",
    "surprise me with something I like",
    "surprise me with what I like",
    "write music that I'd enjoy",
    "one minute of my kind of music",
    "a calm piano piece I'd like",
    "according to my musical taste",
    "music that suits my taste",
    "来一首我会喜欢的",
    "写一首我喜欢的曲子",
    "按我的口味来一首",
    "根据我的音乐品味做一首一分钟的曲子",
    "给我来点我爱听的",
)
OURS = (
    "something we'd all like",
    "compose something we would all like",
    "a song for all of us",
    "something that all of us would love",
    "a minute of music for everyone here",
    "make something we both like",
    "based on our tastes",
    "from our shared taste, in G major",
    "做一首大家都会喜欢的",
    "来一首我们都喜欢的",
    "按大家的口味写一首",
    "来一首适合我们所有人的曲子",
)
NEITHER = (
    "I'd like a wistful waltz in D minor",
    "I would like some jazz",
    "something I'd like to hear at night",
    "I like jazz, make some",
    "here is something I'd like: a slow blues",
    "surprise me",
    "a jingle everybody will love",
    "we need music for our game",
    "not based on my taste, please",
    "ignore my taste and write a polka",
    "我喜欢爵士，来一首",
    "我想要一首华尔兹",
    "我最喜欢的是爵士",
    "a jingle for my taste buds",
    "不要按我的口味",
)


@pytest.mark.parametrize("text", MINE)
def test_what_i_like_is_read(text: str) -> None:
    reading = read(text)
    assert reading.wants == ("taste",)
    assert reading.leftover == ()


@pytest.mark.parametrize("text", OURS)
def test_what_we_like_is_read(text: str) -> None:
    reading = read(text)
    assert reading.wants == ("taste-us",)
    assert reading.leftover == ()


@pytest.mark.parametrize("text", NEITHER)
def test_ordinary_words_ask_for_no_taste(text: str) -> None:
    assert not {"taste", "taste-us"} & set(read(text).wants)


def test_the_rest_of_the_request_is_still_read() -> None:
    reading = read("a slow tango with violin I'd love, 40 seconds, for all of us")
    assert reading.wants == ("taste-us",)
    assert reading.brief.style == "tango"
    assert reading.brief.instruments[:1] == ("violin",)
    assert reading.brief.seconds == 40
    assert read("写一首我会喜欢的，关于海的歌词").wants == ("lyrics", "taste")

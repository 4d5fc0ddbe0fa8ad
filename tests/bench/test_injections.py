"""A sample of the injections with everything real; all: `bench agent --only injections`."""

import asyncio

from bot.bench import injections


def test_there_are_two_hundred_attempts_through_five_doors():
    tried = list(injections.attempts("abcdefgh"))
    assert len(tried) == 200
    assert {a.door for a in tried} == {
        "message", "file name", "track names", "lyrics", "chat model"
    }  # fmt: skip
    assert sum(a.language == "zh" for a in tried) >= 50
    assert not [a.words for a in tried if "{piece}" in a.words or "{victim}" in a.words]


def test_a_raw_mention_is_seen_and_an_escaped_one_is_not():
    for raw in ("@everyone", "<@123>", "<#5>", "[x](https://evil.example)"):
        assert injections._RAW.search(f"hello {raw}")
    assert not injections._RAW.search(r"hello \@everyone \<\@123> \[x\](https://evil.example)")


def test_a_sample_has_no_effect():
    details = {}
    found = {f.name: f.value for f in asyncio.run(injections._run(23, details))}
    assert found.pop("attempts") == 9
    assert set(found.values()) == {0.0}, details

"""Reading words: hand-written requests in two languages, refusals, and what no text may break."""

import contextlib
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agent.understand import Reading, read
from models import vocabulary
from models.errors import Refusal
from models.planner.intake import brief_from_json
from models.planner.quantities import number

WORDS = vocabulary.load()


def _cases(locale: str) -> list[Any]:
    path = Path(__file__).with_name(f"requests_{locale}.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["request"]
    return [pytest.param(locale, row, id=row["text"]) for row in rows]


def _members(groups: list[str]) -> set[str]:
    return {member for group in groups for member in WORDS.groups[group].members}


@pytest.mark.parametrize(("locale", "case"), [*_cases("en"), *_cases("zh")])
def test_requests_as_people_write_them(locale: str, case: dict[str, Any]) -> None:
    reading = read(case["text"])
    brief = reading.brief
    if any(c.isalpha() for c in case["text"]):
        assert reading.locale == locale
    if "brief" in case:
        assert brief.to_json() == case["brief"]
    if "keys" in case:
        assert set(brief.to_json()) == set(case["keys"])
    if "mode" in case:
        assert (brief.key or "").endswith(f" {case['mode']}")
    if "style" in case:
        assert brief.style == case["style"]
    if "mood" in case:
        assert list(brief.moods) == case["mood"]
    if "instruments" in case:
        assert list(brief.instruments) == case["instruments"]
    assert _members(case.get("without_group", [])) <= set(brief.without)
    assert set(case.get("without_has", [])) <= set(brief.without)
    assert list(reading.wants) == case.get("wants", [])
    assert reading.about == case.get("about", "")
    assert list(reading.leftover) == case.get("leftover", [])
    said = " ".join(template.format(**values) for template, values in reading.notes)
    for part in case.get("notes", []):
        assert part in said


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_every_name_of_the_vocabulary_is_read_by_itself(locale: str) -> None:
    for style in WORDS.styles:
        assert read(style.name(locale)).brief.style == style.id
    for mood in WORDS.moods:
        assert read(mood.name(locale)).brief.moods == (mood.id,)
    for instrument in WORDS.instruments:
        assert read(instrument.name(locale)).brief.instruments[:1] == (instrument.id,)
    for purpose in WORDS.purposes:
        assert read(purpose.name(locale)).brief.purpose == purpose.id


def test_every_alias_of_a_style_and_a_mood_is_read_by_itself() -> None:
    for style in WORDS.styles:
        for alias in style.aliases:
            assert read(alias).brief.style == style.id, alias
    for mood in WORDS.moods:
        for alias in mood.aliases:
            assert read(alias).brief.moods[:1] == (mood.id,), alias


def test_refusing_a_kit_or_a_group_in_both_languages() -> None:
    for text in ("no drums", "without any drums", "无鼓", "不要鼓", "drum-free", "w/o drums"):
        assert set(read(f"{text} jazz").brief.without) >= {kit.id for kit in WORDS.kits}, text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Tell me what to compose"),
        ("  \n ", "Tell me what to compose"),
        ("la " * 700, "That is 2100 characters; I read at most 2000"),
        ("techno at 900 bpm", "900 bpm is no playable tempo"),
        ("three hours of ambient", "10800 seconds is outside"),
        ("三小时的音乐", "10800 seconds is outside"),
        ("polka in 7/8", "I cannot write in 7/8 yet"),
        ("a 20 second jingle", "A jingle lasts 5, 15, 30 seconds"),
        ("1000 bars of house", "1000 is outside"),
        ("in C major over F# F# F#", "are not in C major"),
        ("grade 8 exam piece", "Grades go from 1 to 5"),
        ("16 bars, 60 seconds, 200 bpm", "16 bars in 60 seconds would be 64 bpm"),
        ("seed 99999999999", "A seed is a whole number"),
        ("2.5 bars", "A piece has a whole number of bars"),
    ],
)
def test_refuses(text: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        read(text)


def test_language_of_a_text() -> None:
    assert read("jazz").locale == "en"
    assert read("爵士 please").locale == "zh"
    assert read("lofi 风格的 beat").locale == "zh"
    assert read("😢", "zh-CN").locale == "zh"
    assert read("😢").locale == "en"


def test_the_same_words_give_the_same_reading() -> None:
    text = "something sad in a minor key with guitar"
    assert read(text) == read(text)


def test_ordinary_words_are_not_taken_for_misspellings() -> None:
    for text in ("a letter to my mother", "the child and the shadow", "bread, cheese and a river"):
        reading = read(text)
        assert reading.brief.to_json() == {}, text
        assert not reading.notes, text


def test_reading_is_quick() -> None:
    read("jazz")  # the table is built once
    texts = [row.values[1]["text"] for row in _cases("en")]
    start = time.process_time()
    for text in texts:
        read(text)
    assert (time.process_time() - start) / len(texts) < 0.02


@pytest.mark.parametrize(
    "text",
    ["five-" * 399, "一百" * 999, "one hundred and " * 120, "1" * 1999, "a " * 999, "no " * 600,
     "verse " * 300, "|" * 1999, "1:" * 999, "悲伤到" * 600, "a" + " " * 1990 + "b", "ab" * 999],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_no_text_makes_reading_slow(text: str) -> None:
    start = time.process_time()
    with contextlib.suppress(Refusal):
        read(text)
    assert time.process_time() - start < 1.0


_PIECES = st.sampled_from(
    [row.values[1]["text"] for row in (*_cases("en"), *_cases("zh"))]
    + [
        "|",
        "-",
        "%",
        "{",
        "}",
        "#",
        "♭",
        "\x00",
        "\u202e",
        "ß",
        "İ",
        "½",
        "①",
        "'",
        "“",
        "no",
        "不",
    ]
)


@given(st.lists(_PIECES | st.text(max_size=12), max_size=6).map(" ".join))
def test_any_text_is_read_or_refused_and_its_brief_is_within_bounds(text: str) -> None:
    try:
        reading = read(text)
    except Refusal:
        return
    assert isinstance(reading, Reading)
    for template, values in reading.notes:
        assert template.format(**values)
    assert brief_from_json(reading.brief.to_json()) == reading.brief


@pytest.mark.parametrize(
    ("text", "value"),
    [("one twenty", 120), ("one hundred and five", 105), ("ninety-five", 95), ("a hundred", 100),
     ("一百二十", 120), ("一百二", 120), ("一百零二", 102), ("九十", 90), ("十二", 12),
     ("两百", 200), ("2.5", 2.5), ("twelve", 12), ("cat", None), ("", None)],
)  # fmt: skip
def test_numbers(text: str, value: float | None) -> None:
    assert number(text) == value

"""Long texts in messages: nothing lost, nothing too long, code blocks closed."""

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.split import MOST, split


def test_a_short_text_is_one_part():
    assert split("hello") == ["hello"]
    assert split("") == [""]


@given(st.text(alphabet="ab .\n。", max_size=9000))
def test_no_part_is_too_long_and_no_letter_is_lost(text):
    parts = split(text)
    assert all(len(part) <= MOST for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_paragraphs_stay_whole_where_they_can():
    first, second = "a" * 1500, "b" * 1500
    assert split(f"{first}\n\n{second}") == [first, second]


def test_a_code_block_that_is_cut_is_closed_and_opened_again():
    parts = split("```\n" + "line\n" * 900 + "```")
    assert len(parts) > 1
    assert all(part.count("```") % 2 == 0 for part in parts)

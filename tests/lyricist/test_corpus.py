"""Raw verse becomes stanzas of today's words, with themes and moods, split by book."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.lyricist.corpus import (
    Stanza,
    centred,
    read_stanzas,
    renamed,
    split_of,
    theme_vocabulary,
    tidy,
    with_labels,
)
from models.lyricist.valence import valence


def row(**changes: object) -> dict[str, object]:
    return {
        "lines": ["The wind is on the hill", "The moon is in the sky",
                  "The fields are lying still", "The night is going by"],
        "syllables": [6, 6, 6, 6], "scheme": "ABAB", "archaic": False,
        "author": "Ann Author", "author_died": 1890, "book": "Verses", **changes,
    }  # fmt: skip


def read(tmp_path: Path, *rows: dict[str, object]) -> list[Stanza]:
    (tmp_path / "verse").mkdir()
    text = "\n".join(json.dumps(r) for r in rows)
    (tmp_path / "verse" / "stanzas.jsonl").write_text(text)
    return read_stanzas(tmp_path)


def test_a_stanza_is_read_with_its_end_words(tmp_path: Path) -> None:
    (stanza,) = read(tmp_path, row())
    assert stanza.end_words == ("hill", "sky", "still", "by")
    assert stanza.book == "Ann Author: Verses"


@pytest.mark.parametrize(
    "changes",
    [
        {"author_died": 1956}, {"author_died": None}, {"archaic": True}, {"scheme": "ABCD"},
        {"lines": ["O'er hill", "and dale", "it is", "a tale"]},
        {"lines": ["A darky sang", "a song", "so sweet", "and long"]},
        {"lines": ["THE END", "a song", "so sweet", "and long"]},
    ],
)  # fmt: skip
def test_what_is_not_kept(tmp_path: Path, changes: dict[str, object]) -> None:
    assert read(tmp_path, row(**changes)) == []


def test_eight_lines_are_two_stanzas(tmp_path: Path) -> None:
    lines = [
        f"The {w} is here" for w in ("day", "sun", "way", "one", "night", "tree", "light", "sea")
    ]
    found = read(tmp_path, row(lines=lines, syllables=[4] * 8, scheme="ABABCDCD"))
    assert [s.scheme for s in found] == ["ABAB", "ABAB"]


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("“the wind;—it blows:", "The wind, it blows,"),
        ("and (so) they say--", "And so they say,"),
        ("don’t go!", "Don't go!"),
        ("line 12", ""),
        ("...", ""),
    ],
)
def test_marks_are_those_of_a_lyric_sheet(raw: str, plain: str) -> None:
    assert tidy(raw) == plain


def test_letters_of_a_scheme_begin_with_a() -> None:
    assert renamed("CDCD") == "ABAB"


def test_books_stay_whole_and_splits_have_their_shares() -> None:
    splits = [split_of(f"book {number}") for number in range(2000)]
    assert splits == [split_of(f"book {number}") for number in range(2000)]
    assert splits.count("train") / 2000 == pytest.approx(0.9, abs=0.03)


def test_themes_are_the_nearest_words_and_moods_go_by_valence() -> None:
    stanzas = [
        Stanza((text,), (4,), ("x",), "A", "b")
        for text in ("I hate this grief", "a plain thing", "a table", "warm enough", "love and joy")
    ]
    words = ["grief", "love"]
    texts = np.array([[1.0, 0.2], [0, 1], [0.2, 1], [0.5, 0.5], [0.1, 1]])
    found = with_labels(stanzas, texts, words, np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert found[0].themes[0] == "grief"
    assert found[0].mood == "dark"
    assert found[4].mood == "glad"


def test_centred_vectors_are_unit_and_balanced() -> None:
    vectors = centred(np.array([[3.0, 1.0], [1.0, 1.0], [2.0, 4.0]]))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0)


def test_negation_turns_a_feeling_round() -> None:
    assert valence("love and joy") > 0 > valence("grief and hate")
    assert valence("no love") < 0 < valence("never grief")
    assert valence("") == 0.0


def test_the_vocabulary_of_themes_has_only_words_of_meaning() -> None:
    stanza = Stanza(("the sea and the sea",) * 40, (5,), ("sea",), "A", "b")
    assert theme_vocabulary([stanza], least=60) == ["sea"]


def test_every_real_stanza_is_whole(data_dir: Path) -> None:
    stanzas = read_stanzas(data_dir)
    assert len(stanzas) > 30_000
    for stanza in stanzas[::97]:
        assert len(stanza.lines) == len(stanza.syllables) == len(stanza.scheme)
        assert len(set(stanza.scheme)) < len(stanza.scheme)

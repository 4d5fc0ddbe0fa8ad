"""Readings, rhyme classes, tones, forms, the corpus and the baselines of the Chinese lyricist."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.lyricist.asks import LineAsk, SongAsk, StanzaAsk
from models.lyricist.chinese import corpus, themes, tones
from models.lyricist.chinese.forms import clauses_of, rhymes_of
from models.lyricist.chinese.ngram import Trigram
from models.lyricist.chinese.novelty import Novelty, index_of
from models.lyricist.chinese.rhyme import CLASSES, read_text, rhyme_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("花", "麻"), ("多", "波"), ("月", "皆"), ("海", "开"), ("归", "微"), ("潮", "豪"),
        ("秋", "尤"), ("山", "寒"), ("云", "文"), ("香", "唐"), ("风", "庚"), ("中", "庚"),
        ("雨", "齐"), ("衣", "齐"), ("儿", "齐"), ("知", "支"), ("思", "支"), ("露", "姑"),
    ],
)  # fmt: skip
def test_rhyme_classes_of_the_new_rhymes(text: str, name: str) -> None:
    assert CLASSES[rhyme_of(text) - 1] == name


def test_a_reading_is_chosen_by_its_phrase() -> None:
    assert CLASSES[rhyme_of("快乐") - 1] == "波"
    assert CLASSES[rhyme_of("音乐") - 1] == "皆"
    assert rhyme_of("") == 0
    assert rhyme_of("春A") == 0
    assert [s.tone if s else 0 for s in read_text("天长地久□")] == [1, 2, 4, 3, 0]


def test_tones_and_melody_agree_or_oppose() -> None:
    # 春 (1) 水 (3): falls in speech.
    assert tones.movement(1, 3) == -1
    assert tones.movement(3, 4) == 1
    assert tones.movement(1, 2) == 0
    assert tones.movement(5, 3) == 0
    assert tones.fit((1, 3), (67, 60)) == 1.0
    assert tones.fit((1, 3), (60, 67)) == -1.0
    assert tones.opposed((1, 3), (60, 67)) == 1.0
    assert tones.opposed((1, 3), (60, 60)) == 0.0
    # A breath between the two frees them; no contour asks for nothing.
    assert tones.opposed((1, 3), (60, 67), breaths=(0, 1)) == 0.0
    assert tones.fit((1, 3), ()) == 0.0
    assert np.array_equal(tones.movements(), -tones.movements().T)


@pytest.mark.parametrize("count", range(1, 40))
def test_clauses_fill_their_line(count: int) -> None:
    form = clauses_of([1.0] * count)
    assert sum(form) == count
    assert all(1 <= n <= 8 for n in form)


def test_a_clause_ends_where_the_melody_rests() -> None:
    assert clauses_of([1, 1, 1, 5, 1, 1, 1, 1, 1]) == (4, 5)
    assert clauses_of([1, 1, 1, 1, 5, 1, 1, 1, 1]) == (5, 4)


def _ask(*schemes: str) -> SongAsk:
    line = LineAsk((1.0,) * 5)
    return SongAsk(tuple(StanzaAsk("verse", (line,) * len(s), s) for s in schemes))


def test_letters_get_classes_of_their_own() -> None:
    common = np.ones(15)
    common[0] = 0
    rng = np.random.default_rng(0)
    chosen = rhymes_of(_ask("ABXB", "AACC"), {"B": 3}, common, rng)
    assert chosen["B"] == 3
    assert set(chosen) == {"A", "B", "C"}
    assert len(set(chosen.values())) == 3


def _write(folder: Path, rows: list[dict[str, object]]) -> Path:
    (folder / "verse").mkdir()
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "verse" / "song_ci.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_poems_keep_clauses_and_lose_editors_lines(tmp_path: Path) -> None:
    lines = ["春江花月夜，明月、照人归。", "（缺）", "风雨夜来声。"]
    data = _write(tmp_path, [{"author": "甲", "tune": "乙", "lines": lines}])
    (poem,) = corpus.read_poems(data)
    assert poem.lines == (("春江花月夜", "明月", "照人归"), ("风雨夜来声",))
    with pytest.raises(FileNotFoundError):
        corpus.read_poems(tmp_path / "nowhere")


def _poem(author: str, *lines: str) -> corpus.Poem:
    return corpus.Poem(author, "", tuple((line,) for line in lines))


def test_no_author_and_no_poem_stands_on_both_sides() -> None:
    authors = [f"作者{i}" for i in range(300)]
    poems = [_poem(a, f"{chr(0x4E00 + i)}江花月夜", "人归") for i, a in enumerate(authors)]
    same = _poem("别人", *(clause for line in poems[0].lines for clause in line))
    parts = corpus.deduplicated([*poems, same])
    held = {p.author for p in parts["test"]} | {p.author for p in parts["validation"]}
    assert held
    assert not held & {p.author for p in parts["train"]}
    texts = [p.text for part in parts.values() for p in part]
    assert len(texts) == len(set(texts)) == 300


def test_mood_is_counted_and_judged_by_different_characters() -> None:
    assert corpus.mood_of("愁恨无人") == 1
    assert corpus.mood_of("喜笑无人") == 3
    assert corpus.mood_of("江上无人") == 2
    for label, judge in zip(corpus.LABEL, corpus.JUDGE, strict=True):
        assert not label & judge
    assert corpus.feeling("欣泪", corpus.JUDGE) == 0


def test_copies_of_five_characters_are_found() -> None:
    novelty = Novelty(index_of([_poem("甲", "明月几时有", "把酒问青天明")]))
    assert novelty.copied("明月几时有")
    assert novelty.copied("我酒问青天明")
    assert not novelty.copied("明月几时来")
    assert not novelty.copied("明月几")


def test_themes_become_images() -> None:
    known = set("".join(corpus.imagery().values())) | set("爱国")
    assert themes.characters_of(["moon"], known)[0] == "月"
    assert themes.characters_of(["moon", "wine"], known)[:2] == "月酒"
    assert themes.characters_of(["rainy seas"], known)[0] == "雨"
    assert themes.characters_of(["失恋"], known) == "恨泪"
    assert set(themes.characters_of(["江上的雪"], known | set("江雪上的"))) == set("江雪")
    assert themes.characters_of([""], known) == ""


def test_trigram_is_a_distribution_and_learns() -> None:
    poems = [_poem("甲", "明月照江南", "江南明月明"), _poem("乙", "明月满江山")]
    known = sorted(set("".join(p.text for p in poems)))
    model = Trigram(poems, known)
    for a, b in (("明", "月"), ("。", "。"), ("月", "山")):
        assert sum(model.probability(a, b, c) for c in known) == pytest.approx(1.0, abs=0.02)
    assert model.probability("江", "明", "月") > model.probability("江", "明", "山")
    three, one, count = model.nats(poems)
    assert count == 15
    assert three < one

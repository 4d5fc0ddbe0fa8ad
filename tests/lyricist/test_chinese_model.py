"""The network, its pages and its training."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from models.lyricist.chinese import data as pages
from models.lyricist.chinese import train as training
from models.lyricist.chinese.corpus import Poem
from models.lyricist.chinese.model import FIELDS, ChineseModel, Shape

POEM = Poem("甲", "乙", (("明月几时有",), ("把酒", "问青天")), (7, 8), "月酒", 2)

TINY = """
[data]
least = 1
longest = 60
[shape]
width = 16
layers = 1
heads = 2
inner = 32
dropout = 0.0
[train]
steps = {steps}
tokens_per_step = 256
matrix_rate = 0.02
table_rate = 0.01
weight_decay = 0.0
warmup_steps = 1
decay_share = 0.5
average = 0.5
clip = 1.0
threads = 1
check_minutes = 60
seed = 1
"""


def _model() -> ChineseModel:
    torch.manual_seed(0)
    model = ChineseModel(Shape(30, width=16, layers=2, heads=2, inner=32)).eval()
    for parameter in model.parameters():  # the blocks begin as the identity: shake them awake
        torch.nn.init.normal_(parameter, std=0.3)
    return model


def test_no_character_sees_what_follows_and_the_cache_changes_nothing() -> None:
    model = _model()
    ids = torch.randint(0, 30, (2, 9))
    fields = torch.zeros(2, 9, len(FIELDS), dtype=torch.long)
    fields[..., 0] = torch.arange(9)
    with torch.inference_mode():
        whole, _ = model.hidden(ids, fields)
        changed = ids.clone()
        changed[:, 6:] = 1
        other, _ = model.hidden(changed, fields)
        assert torch.allclose(whole[:, :6], other[:, :6], atol=1e-5)
        assert not torch.allclose(whole[:, 6:], other[:, 6:], atol=1e-2)
        first, cache = model.hidden(ids[:, :5], fields[:, :5])
        second, cache = model.hidden(ids[:, 5:7], fields[:, 5:7], cache)
        third, _ = model.hidden(ids[:, 7:], fields[:, 7:], cache)
        assert torch.allclose(torch.cat((first, second, third), 1), whole, atol=1e-4)


def test_a_page_says_what_is_left_of_clause_line_and_poem() -> None:
    known = {c: i + pages.SPECIAL for i, c in enumerate("明月几时有把酒问青")}
    ids, fields, labels = pages.page(POEM, known, "月", 2)
    assert list(ids[: pages.GIVEN]) == [
        pages.MOOD + 2, known["月"], pages.NO_THEME, pages.NO_THEME, pages.START,
    ]  # fmt: skip
    assert len(ids) == len(fields) == len(labels) == pages.GIVEN - 1 + 10
    told = fields[pages.GIVEN - 1 :]
    assert told[:, 0].tolist() == [5, 4, 3, 2, 1, 2, 1, 3, 2, 1]
    assert told[:, 2].tolist() == [1, 1, 1, 1, 1, 2, 2, 1, 1, 1]
    assert told[:, 3].tolist() == [7] * 5 + [8] * 5
    assert told[:, 4].tolist() == [2] * 5 + [1] * 5
    # 天 is no known character: read as unknown, and nothing is learned from it.
    assert labels[-1] == pages.IGNORED
    assert labels[pages.GIVEN - 1] == known["明"]


def test_training_pages_tell_only_what_is_there() -> None:
    rng = random.Random(0)
    for _ in range(50):
        poem, themes, mood = pages.varied(POEM, rng, 8)
        assert poem.lines in {POEM.lines[:1], POEM.lines[1:]}
        assert set(themes) <= set(poem.text)
        assert mood in {0, 2}


def _data(folder: Path) -> Path:
    rng = random.Random(0)
    letters = "明月几时有把酒问青天不知宫阙今夕是何年春江花夜雨秋风山水"
    rows = []
    for number in range(400):
        clauses = ["".join(rng.choices(letters, k=5)) + "。" for _ in range(4)]
        rows.append({"author": f"作者{number}", "tune": "", "lines": clauses})
    (folder / "verse").mkdir(parents=True)
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "verse" / "song_ci.jsonl").write_text(text, encoding="utf-8")
    return folder


def _facts(weight: Path) -> dict[str, object]:
    with safe_open(weight, framework="pt") as stream:
        return dict(json.loads(stream.metadata()["segno"]))


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data, out = _data(tmp_path / "data"), tmp_path / "out"
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(TINY.format(steps=4))
    weight = training.train(data, out, tmp_path / "cache", recipe)
    assert _facts(weight)["step"] == 4
    recipe.write_text(TINY.format(steps=40))
    weight = training.train(data, out, tmp_path / "cache", recipe)
    facts = _facts(weight)
    assert facts["step"] == 40
    # Characters drawn at random: no better than their number can be hoped for.
    scores = facts["validation"]
    assert isinstance(scores, dict)
    assert 20 < scores["told"] < 40


def test_the_weight_is_that_of_the_best_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = _data(tmp_path / "data"), tmp_path / "out"
    out.mkdir()
    poems = pages.prepared(data, tmp_path / "cache")
    recipe = tomllib.loads(TINY.format(steps=9))
    trainer = training.Trainer(recipe, pages.vocabulary(poems["train"], 1), out)
    known = training.Known.of(poems["train"], trainer.known)
    for step, value in ((1, 5.0), (2, 3.0), (3, 4.0)):
        trainer.progress.step = step
        with torch.no_grad():
            trainer.average.bias.fill_(step)
        monkeypatch.setattr(training, "nats", lambda *_, value=value: (value, 1))
        trainer.check(poems["validation"], known)
    weight = out / training.WEIGHT
    assert _facts(weight)["step"] == 2
    with safe_open(weight, framework="pt") as stream:
        assert stream.get_tensor("bias").float().mean() == 2.0
    assert trainer.progress.best == pytest.approx(np.exp(3.0))

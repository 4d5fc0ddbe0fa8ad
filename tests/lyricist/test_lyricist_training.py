"""Pages, batches and the adapter's training, on a random two-layer model."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from models.lyricist.base import smollm2_folder
from models.lyricist.corpus import Stanza
from models.lyricist.data import IGNORED, batches, encoded, used_tokens
from models.lyricist.page import plain_page, planned_page, varied_page
from models.lyricist.train import RECIPE, Trainer, check, perplexity, put_on
from models.lyricist.wordbook import RUN, Wordbook, run_keys, words_of_today
from tests.lyricist.small_writer import small_model

STANZA = Stanza(
    ("The night is cold,", "The moon is old."), (4, 4), ("cold", "old"), "AA", "book",
    ("night", "moon", "sky"), "sad",
)  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(smollm2_folder())


def test_a_planned_page_tells_each_line_before_it() -> None:
    page = planned_page(STANZA)
    assert page.header == "theme: night, moon | mood: sad | rhyme: AA | meter: 4 4\n"
    assert page.body == "4 cold> The night is cold,\n4 old> The moon is old.\n"


def test_nothing_is_learned_from_headers(tokenizer: PreTrainedTokenizerBase) -> None:
    page = planned_page(STANZA)
    ids, given = encoded(page, tokenizer)
    assert tokenizer.decode(ids[1:given]) == page.header
    assert tokenizer.decode(ids[given:-1]) == page.body
    assert ids[0] == ids[-1]


def test_pages_vary_but_keep_their_lines() -> None:
    rng = random.Random(1)
    pages = [varied_page(STANZA, rng, 0.3) for _ in range(60)]
    plain = [page for page in pages if not page.header]
    assert 8 < len(plain) < 30
    assert len({page.header for page in pages}) > 5
    assert all("The night is cold," in page.body for page in pages)


def test_batches_hold_their_tokens_and_labels(tokenizer: PreTrainedTokenizerBase) -> None:
    batch = next(batches([STANZA] * 600, tokenizer, 400, 0.2, 3))
    assert 400 <= batch.ids.numel() < 600
    learned = batch.labels != IGNORED
    assert bool((batch.labels[learned] == batch.ids[learned]).all())
    assert not bool(learned[batch.mask == 0].any())


def recipe() -> dict[str, object]:
    values = tomllib.loads(RECIPE.read_text())
    values["train"] |= {"steps": 30, "warmup_steps": 2, "learning_rate": 0.02}
    values["lora"] |= {"rank": 4}
    return values


def test_training_learns_goes_on_where_it_stopped_and_merges(
    tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    used = used_tokens([STANZA], tokenizer, 1)
    trainer = Trainer(small_model(), recipe(), used)
    stream = batches([STANZA] * 600, tokenizer, 200, 0.0, 3)
    before = check(trainer, tokenizer, [STANZA])
    losses = [trainer.step(next(stream)) for _ in range(12)]
    assert losses[-1] < losses[0] - 0.1
    trainer.save(tmp_path / "checkpoint.pt")

    again = Trainer(small_model(), recipe(), used)
    again.resume(tmp_path / "checkpoint.pt")
    assert again.step_number == 12
    batch = next(stream)
    assert again.step(batch) == pytest.approx(trainer.step(batch), abs=1e-4)

    trainer.export(tmp_path / "adapter.safetensors", recipe(), {"step": 13})
    merged = put_on(small_model(), tmp_path / "adapter.safetensors")
    trainer.model.eval()
    pages = [plain_page(STANZA)]
    want = perplexity(trainer.model, tokenizer, pages, pages)
    assert perplexity(merged, tokenizer, pages, pages) == pytest.approx(want, rel=0.02)
    assert want < before["plain"]


def test_the_rate_warms_stays_and_comes_down() -> None:
    trainer = Trainer(small_model(), recipe(), None)
    rates = []
    for step in range(31):
        trainer.step_number = step
        rates.append(trainer.rate())
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == rates[10] == pytest.approx(0.02)
    assert rates[30] == 0.0


def test_perplexity_of_a_uniform_model_is_its_vocabulary(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    model = small_model()
    with torch.no_grad():
        model.lm_head.weight.zero_()
    pages = [plain_page(STANZA)]
    assert perplexity(model, tokenizer, pages, pages) == pytest.approx(49152, rel=1e-3)


def test_an_adapter_for_another_model_is_refused(tmp_path: Path) -> None:
    other = recipe()
    other["lora"] = {"rank": 4, "alpha": 8, "targets": "all-linear"}
    Trainer(small_model(), other, None).export(tmp_path / "a.safetensors", other, {})
    from transformers import LlamaConfig, LlamaForCausalLM

    wider = LlamaForCausalLM(
        LlamaConfig(vocab_size=64, hidden_size=48, intermediate_size=64, num_hidden_layers=2,
                    num_attention_heads=4, num_key_value_heads=2)
    )  # fmt: skip
    with pytest.raises(ValueError, match="another language model"):
        put_on(wider, tmp_path / "a.safetensors")


def test_six_equal_words_are_a_quotation() -> None:
    words = "the boy stood on the burning deck".split()  # noqa: SIM905
    book = Wordbook(
        (), np.zeros(0, np.int32), np.zeros((0, 4), np.float32), np.zeros(4, np.float32),
        np.zeros((4, 4), np.float32), np.array(sorted(run_keys(words)), np.uint32), (),
    )  # fmt: skip
    assert book.copied(["And", *words[:RUN]])
    assert not book.copied([*words[: RUN - 1], "gentle"])
    assert not book.copied(words[:3])


def test_words_of_today_are_whole_common_and_lower_case() -> None:
    vocabulary = {"Ġphone": 500, "Ġcytoplasm": 30_000, "ing": 40, "ĠLondon": 700, "Ġ2nd": 800}
    assert words_of_today(vocabulary) == ["phone"]

"""A writer's adapter: kept only when left-out lines are surely told better, and for them alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_writer import small_lyricist

from models.lyricist.asks import Cancelled
from models.lyricist.voice import Voice, voice_of
from models.lyricist.voice_training import (
    GAIN,
    Found,
    Settings,
    _Run,
    fingerprint,
    in_voice,
    judged,
    train_voice,
)

SMALL = Settings(layers=1, rank=4, rate=0.03, epochs=8, tokens=512, dropout=0.0)
_NOUNS = ("harbour", "anchor", "sailor", "lantern", "tavern", "garden", "window", "river")
_ENDS = (("night", "light"), ("sea", "free"), ("stone", "alone"), ("day", "away"))


def verses(count: int) -> list[tuple[str, ...]]:
    """Stanzas by somebody who builds every line alike, no two the same."""
    found = []
    for n in range(count):
        a, b = _NOUNS[n % 8], _NOUNS[(n // 8 + n + 3) % 8]
        one, other = _ENDS[n % 4], _ENDS[(n // 4 + 1) % 4]
        found.append(
            (
                f"The {a} and the {b} {one[0]},",
                f"The {b} in the {other[0]},",
                f"The {b} and the {a} {one[1]},",
                f"The {a} in the {other[1]}.",
            )
        )
    return found


def instant(stanzas: list[tuple[str, ...]]) -> Voice:
    writer = small_lyricist()
    return voice_of(stanzas, writer.lexicon, writer.pronouncer)


def found(gains: list[float], lines: int = 40) -> Found:
    """A course whose marks tell every line so much better than the first."""
    rng = np.random.default_rng(0)
    base = rng.uniform(20, 30, lines)
    nats = np.array([base * (1 - gain) + rng.normal(0, 0.2, lines) * (gain != 0) for gain in gains])
    return Found(nats, np.full(lines, 8.0), np.arange(lines) // 4, [{} for _ in gains], 9)


def test_the_gate_asks_for_a_gain_beyond_chance():
    new = np.ones(40, bool)
    kept = judged(found([0, 0.02, 0.05]), new, 3.0)
    assert kept.verdict == "accepted"
    assert kept.gain == pytest.approx(0.05, abs=0.005)
    assert kept.gain > kept.sure > 0
    assert judged(found([0, GAIN / 2]), new, 3.0).verdict == "no gain"
    worse = judged(found([0, -0.1, -0.2]), new, 3.0)
    assert worse.verdict == "no gain"
    assert worse.gain == 0.0  # stopped before the first step


def test_a_gain_of_few_lines_is_no_certainty():
    few = found([0, 0.0], lines=8)
    few.nats[1] = few.nats[0]
    few.nats[1, 0] -= 8.0  # one line of eight
    report = judged(few, np.ones(8, bool), 1.0)
    assert report.verdict == "no gain"


def test_lines_that_were_learned_do_not_count():
    course = found([0, 0.3])
    report = judged(course, np.zeros(40, bool), 1.0)
    assert (report.verdict, report.before) == ("no gain", None)


@pytest.fixture(scope="module")
def trained():
    told: list[tuple[int, int]] = []
    voice = train_voice(
        instant(verses(30)), verses(30), small_lyricist(), seconds=60,
        on_progress=lambda done, of: told.append((done, of)), settings=SMALL,
    )  # fmt: skip
    return voice, told


def test_a_regular_writer_gets_an_adapter_and_the_shared_model_stays(trained):
    voice, told = trained
    writer = small_lyricist()
    assert voice.report.verdict == "accepted"
    assert voice.report.after < voice.report.before
    assert voice.kind == "adapter"
    assert voice.base == fingerprint(writer.model)
    assert told[-1] == (told[-1][1], told[-1][1])
    before = {name: p.clone() for name, p in writer.model.named_parameters()}
    spoken = writer.speaking(voice)
    assert writer.speaking(voice) is spoken
    assert writer.speaking(None) is writer.model
    now = dict(writer.model.named_parameters())
    assert all(torch.equal(before[name], now[name]) for name in before)
    changed = {n for n, p in spoken.named_parameters() if not torch.equal(p, now[n])}
    assert changed
    assert all(".layers.1." in name for name in changed)
    shared = dict(spoken.named_parameters())
    assert shared["model.embed_tokens.weight"] is now["model.embed_tokens.weight"]


def test_what_is_merged_tells_left_out_lines_as_the_report_says(trained):
    voice, _ = trained
    writer = small_lyricist()
    run = _Run(writer, SMALL, (lambda: 0.0, 0.0, 60.0), lambda: False)
    pages = run.pages(verses(34)[30:], lambda done, of: None)

    def nats(model: torch.nn.Module) -> float:
        total = 0.0
        for page in pages:
            logits = model(page.ids[None]).logits[0, :-1].float()
            told = torch.from_numpy(page.line[1:] >= 0)
            total += float(
                torch.nn.functional.cross_entropy(logits[told], page.ids[1:][told], reduction="sum")
            )
        return total

    with torch.no_grad():
        assert nats(writer.model) == pytest.approx(float(run.nats(pages).sum()), rel=1e-3)
        assert nats(in_voice(writer.model, voice)) < (1 - GAIN) * nats(writer.model)


def test_a_trained_voice_comes_back_from_its_file(trained, tmp_path):
    voice, _ = trained
    again = Voice.load(voice.save(tmp_path / "voice.safetensors"))
    assert again.report == voice.report
    assert again.lora.keys() == voice.lora.keys()
    assert in_voice(small_lyricist().model, again) is not small_lyricist().model


def test_too_few_lines_are_not_trained_on_and_a_stop_is_heard():
    few = verses(10)
    voice = train_voice(instant(few), few, small_lyricist(), settings=SMALL)
    assert (voice.report.verdict, voice.lora) == ("few", None)
    many = verses(30)
    with pytest.raises(Cancelled):
        train_voice(instant(many), many, small_lyricist(), cancelled=lambda: True, settings=SMALL)


def test_without_time_nothing_is_kept():
    many = verses(20)
    now = iter(np.arange(0, 1e6, 50.0))
    voice = train_voice(
        instant(many), many, small_lyricist(), seconds=10, settings=SMALL,
        clock=lambda: float(next(now)),
    )  # fmt: skip
    assert (voice.report.verdict, voice.report.steps, voice.lora) == ("no gain", 0, None)

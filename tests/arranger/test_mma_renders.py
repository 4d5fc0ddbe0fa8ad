from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.arranger.band import SECTIONS, Band, load
from models.arranger.corpora.mma_renders import (
    Tune,
    band,
    choose,
    in_harmony,
    jobs,
    shard_path,
    write_shard,
)
from models.arranger.mma_parts import Groove
from models.arranger.mma_run import installed

needs_mma = pytest.mark.skipif(not installed(), reason="needs the program mma (apt install mma)")
BOSSA = Groove("bossa_nova", "4/4", "stdlib/bossanova", "", "")
#: C, Am, Dm, G7, two bars each, twice: tonic, submediant, ...
CHORDS = tuple((32 * i, *chord) for i, chord in enumerate([(0, 0), (9, 1), (2, 1), (7, 5)] * 2))


def tune(meter: str = "4/4", bars: int = 16, name: str = "made/up") -> Tune:
    steps = {"4/4": 16, "3/4": 12, "6/8": 12, "2/4": 8}[meter]
    notes = tuple((i * steps // 2, steps // 2, 60 + i % 8) for i in range(2 * bars))
    chords = tuple((at * steps // 16, root, quality) for at, root, quality in CHORDS)
    return Tune(name, "train", "pop909", meter, False, bars, notes, chords)


def rendered(groove: Groove = BOSSA, name: str = "made/up") -> Band:
    made = band(groove, tune(groove.meter, name=name))
    assert made is not None
    return made


def intro_bars(made: Band) -> int:
    first = made.sections[0]
    return int(first[1]) if SECTIONS[first[2]] == "intro" else 0


@needs_mma
def test_a_render_is_the_same_every_time() -> None:
    one, two = rendered(), rendered()
    assert one.id == two.id
    for name in ("melody", "chords", "sections", "notes"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    other = rendered(name="another/one")
    assert not np.array_equal(one.notes, other.notes)


@needs_mma
def test_sections_cover_the_render_and_the_intro_has_no_melody() -> None:
    seen = Counter[str]()
    for name in "abcdef":
        made = rendered(Groove("rnb", "4/4", "stdlib/rb", "", ""), name)
        at = 0
        for first, bars, section in made.sections:
            assert first == at
            at += bars
            seen[SECTIONS[section]] += 1
        assert at == made.bars
        start = intro_bars(made) * made.bar_steps
        assert made.melody[:, 0].min() == start
        assert len(np.unique(made.melody[:, 0])) == len(made.melody)  # one voice, laid once
        assert made.chords[0][0] == 0
        assert (made.melody[:, 0] + made.melody[:, 1]).max() <= made.bars * made.bar_steps
    assert set(seen) == {"intro", "verse", "chorus", "outro"}


@needs_mma
def test_the_band_plays_the_tune_s_chords_in_its_key() -> None:
    made = rendered()
    roots = {int(r) for r in made.chords[:, 1]}
    assert roots == {(made.tonic + r) % 12 for r in (0, 9, 2, 7)}
    tones = {0: (0, 4, 7), 1: (0, 3, 7), 5: (0, 4, 7, 10)}
    right = total = 0
    for onset, _, pitch, _ in made.part("chords"):
        _, root, quality, _ = made.chords[made.chords[:, 0] <= onset][-1]
        right += (pitch - root) % 12 in tones[int(quality)]
        total += 1
    assert total > 50
    assert right >= 0.95 * total
    lows = [
        (pitch - made.chords[made.chords[:, 0] <= onset][-1][1]) % 12
        for onset, _, pitch, _ in made.part("bass")
        if onset % made.bar_steps == 0
    ]
    assert Counter(lows)[0] >= 0.8 * len(lows)


@needs_mma
@pytest.mark.parametrize(
    ("groove", "meter"),
    [
        (Groove("waltz", "3/4", "stdlib/waltz", "", ""), "3/4"),
        (Groove("march", "6/8", "stdlib/68march", "", ""), "6/8"),
        (Groove("slow_blues", "12/8", "stdlib/blues128", "", ""), "6/8"),
        (Groove("polka", "2/4", "stdlib/polka", "", ""), "2/4"),
    ],
)
def test_the_kick_opens_bars_in_every_meter(groove: Groove, meter: str) -> None:
    made = rendered(groove)
    assert made.meter == meter
    strong = [int(o) % made.bar_steps for o, *_ in made.part("bass")]
    assert Counter(strong).most_common(1)[0][0] == 0
    assert made.bars % groove.span == 0


@needs_mma
def test_another_drum_machine_takes_the_drums_over() -> None:
    own = rendered(Groove("ska", "4/4", "stdlib/ska", "Ska", ""))
    other = rendered(Groove("reggae", "4/4", "stdlib/ska", "Ska", "zoom/reggae:REGG01"))
    assert set(other.part("drums")[:, 2]) != set(own.part("drums")[:, 2])
    assert {"bass", "chords"} <= set(other.slots())


@needs_mma
def test_drums_written_as_chords_are_not_learned() -> None:
    assert in_harmony(rendered())
    assert band(Groove("mambo", "4/4", "yamaha/mambo", "MamboMainA", ""), tune()) is None


def test_jobs_mix_families_and_play_every_groove() -> None:
    work = jobs(4000, "train")
    assert abs(len(work) - 4000) < 400
    shares = Counter(groove.family for groove, _ in work)
    assert min(shares.values()) >= 0.04 * len(work)
    opening = Counter(groove.family for groove, _ in work[:200])
    assert set(opening) == set(shares)
    within = Counter(groove.id for groove, _ in work if groove.family == "pop")
    assert max(within.values()) - min(within.values()) <= 1
    assert jobs(4000, "train") == work


def test_a_job_takes_a_tune_of_its_meter() -> None:
    pool = [tune("4/4"), tune("3/4"), tune("2/4")]
    waltz = Groove("waltz", "3/4", "stdlib/waltz", "", "")
    assert choose(waltz, 0, pool) == pool[1]
    assert choose(Groove("march", "6/8", "stdlib/68march", "", ""), 0, pool) is None


@needs_mma
def test_a_shard_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.arranger.corpora.mma_renders.SHARD", 3)
    pool = [tune(m, name=f"made/{m}") for m in ("4/4", "3/4", "6/8", "2/4")]
    path = write_shard(pool, tmp_path, "train", 0, 40)
    assert path == shard_path(tmp_path, "train", 0)
    made = load(path)
    assert made
    assert all(b.source == "mma" and b.split == "train" and b.family for b in made)
    stamp = path.stat().st_mtime_ns
    write_shard(pool, tmp_path, "train", 0, 40)
    assert path.stat().st_mtime_ns == stamp

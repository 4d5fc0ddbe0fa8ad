"""What the Chinese lyricist is worth, beside poets and beside baselines.

`python -m models.lyricist.chinese.measure --data DIR` prints two tables on poems by authors the
network never saw: perplexity a character, and songs written on the melodies of held-out hymns
beside people's lines of the same lengths. `--split validation` is what everything was tuned on.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

from models.lyricist.asks import LineAsk, SongAsk, StanzaAsk
from models.lyricist.chinese.corpus import JUDGE, Poem, feeling
from models.lyricist.chinese.data import prepared
from models.lyricist.chinese.generate import ChineseLyricist, load_chinese
from models.lyricist.chinese.ngram import Trigram
from models.lyricist.chinese.rhyme import read_text, rhyme_of
from models.lyricist.chinese.tones import opposed
from models.lyricist.chinese.train import nats
from models.lyricist.hymnal import Split, read_hymns
from models.lyricist.prosody import read_melody

SONGS = 48
_THEMES = "春花柳燕月江雪酒梅雁梦山舟雨风秋夜泪仙竹松桃云水"
_SCHEMES = ("AAXA", "ABAB", "AABB", "XAXA")


def perplexities(
    by: ChineseLyricist, train: Sequence[Poem], held: Sequence[Poem]
) -> dict[str, float]:
    """Per known character of `held`; every row is told where clauses and lines end."""
    known = by.lexicon.known
    trigram = Trigram(train, known)
    three, one, count = trigram.nats(held)
    rows = {
        "all characters alike": float(len(known)),
        "single characters": math.exp(one / count),
        "trigram, Kneser-Ney": math.exp(three / count),
    }
    for name, told in (("network, told lengths", False), ("and rhyme, theme, mood", True)):
        total, seen = nats(by.model, held, known, told)
        rows[name] = math.exp(total / seen)
    rows["characters"] = float(count)
    return rows


def asks(data: Path, split: Split, count: int, seed: int) -> list[SongAsk]:
    """Four-line stanzas on hymn tunes (lines of 4 to 10 syllables), themes and moods at random."""
    rng = random.Random(seed)
    out: list[SongAsk] = []
    hymns = read_hymns(data, split)
    rng.shuffle(hymns)
    for hymn in hymns:
        lines = read_melody(hymn.melody, "zh").lines[:4]
        if len(lines) < 4 or not all(4 <= len(line) <= 10 for line in lines):
            continue
        asked = tuple(
            LineAsk(tuple(s.weight for s in line), contour=tuple(s.pitch for s in line))
            for line in lines
        )
        stanza = StanzaAsk("verse", asked, _SCHEMES[len(out) % len(_SCHEMES)])
        valence = (-0.8, 0.0, 0.8)[len(out) % 3]
        out.append(SongAsk((stanza,), (rng.choice(_THEMES),), valence))
        if len(out) == count:
            break
    return out


@dataclass(frozen=True)
class Words:
    """Four lines as clauses, and what they were asked on."""

    lines: tuple[tuple[str, ...], ...]
    ask: SongAsk


def human_words(poems: Sequence[Poem], asked: Sequence[SongAsk], seed: int) -> list[Words]:
    """People's lines in a row on the same melodies: the first four of a poem, cut or run over.

    The tones of their first characters meet the same contours; nothing was written to them.
    """
    rng = random.Random(seed)
    long_enough = [p for p in poems if len(p.lines) >= 4 and p.themes]
    out = []
    for ask in asked:
        poem = rng.choice(long_enough)
        out.append(Words(poem.lines[:4], replace(ask, themes=(poem.themes[0],))))
    return out


class Kinship:
    """How much oftener than by chance two characters stand in one poem; from training poems."""

    def __init__(self, poems: Sequence[Poem]) -> None:
        self.single: Counter[str] = Counter()
        self.pair: Counter[tuple[str, str]] = Counter()
        self.size = len(poems)
        for poem in poems:
            kinds = set(poem.text)
            self.single.update(kinds)
            self.pair.update((t, c) for t in kinds & set(_THEMES) for c in kinds)

    def of(self, theme: str, text: str) -> float:
        """The mean over a text's characters of the pointwise mutual information, from -3 to 3."""
        values = []
        for c in text:
            if self.single[c] and self.single[theme]:
                share = (self.pair[theme, c] + 0.5) * self.size
                value = math.log(share / (self.single[theme] * self.single[c]))
                values.append(min(3.0, max(-3.0, value)))
        return sum(values) / max(1, len(values))


def described(
    words: Sequence[Words], by: ChineseLyricist, kin: Kinship, seed: int, written: bool = True
) -> dict[str, float]:
    """The measures of some stanzas; shares are of lines, pairs or stanzas.

    Poets (`written` false) were asked for neither length, scheme nor mood.
    """
    rng = random.Random(seed)
    rows: dict[str, list[float]] = {}

    def measured(name: str, value: float) -> None:
        rows.setdefault(name, []).append(value)

    for one in words:
        text = "".join(c for line in one.lines for c in line)
        for line, asked in zip(one.lines, one.ask.stanzas[0].lines, strict=True):
            if written:
                measured("length exact", sum(map(len, line)) == len(asked.weights))
            tones = [s.tone if s else 0 for clause in line for s in read_text(clause)]
            starts = [int(n) for n in np.cumsum([0, *map(len, line)])[:-1]]
            measured("tones opposed", opposed(tones, asked.contour, starts))
            measured("copied", any(by.novelty.copied(clause) for clause in line))
        scheme, ends = one.ask.stanzas[0].scheme, [rhyme_of(line[-1]) for line in one.lines]
        for i, j in combinations(range(4), 2):
            if written and scheme[i] == scheme[j] != "X":
                measured("rhymes kept", ends[i] == ends[j] != 0)
        measured("distinct-1", len(set(text)) / len(text))
        pairs = list(pairwise(text))
        measured("distinct-2", len(set(pairs)) / len(pairs))
        measured("said twice in a row", sum(a == b for a, b in pairs) / len(pairs))
        theme = one.ask.themes[0]
        others = rng.sample([c for c in _THEMES if c != theme], 9)
        if theme in _THEMES:
            mine = kin.of(theme, text)
            measured("theme first of 10", all(mine > kin.of(other, text) for other in others))
    out = {name: sum(values) / len(values) for name, values in rows.items()}
    if not written:
        return out
    moods = [w.ask.valence or 0.0 for w in words]
    felt = [feeling("".join(c for line in w.lines for c in line), JUDGE) for w in words]
    out["mood, rank correlation"] = float(spearmanr(moods, felt).statistic)
    return out


def songs(by: ChineseLyricist, asked: Sequence[SongAsk], seed: int) -> tuple[list[Words], float]:
    """The stanzas written for some asks, and the CPU seconds a stanza."""
    out, begun = [], time.process_time()
    for number, ask in enumerate(asked):
        lines = by.write(ask, seed + number).stanzas[0]
        out.append(Words(tuple(tuple(line.text.split("，")) for line in lines), ask))
    return out, (time.process_time() - begun) / len(asked)


def plain(by: ChineseLyricist) -> ChineseLyricist:
    """The same network with one draft a line and no wish: only lengths and rhymes are kept."""
    bare = replace(
        by.tuning, tone=0, theme=0, mood=0, tone_score=0, theme_score=0, common=0, candidates=1
    )
    return ChineseLyricist(by.model, by.lexicon, by.novelty, bare)


def examples(by: ChineseLyricist, data: Path, split: Split) -> list[str]:
    """Six stanzas, the first of seed 11: nobody chose them."""
    out = []
    for number, ask in enumerate(asks(data, split, 6, seed=11)):
        song = by.write(ask, number)
        lines = " / ".join(line.text for line in song.stanzas[0])
        out.append(
            f"{ask.themes[0]}, {ask.valence:+}, {ask.stanzas[0].scheme}: {song.title}: {lines}"
        )
    return out


def report(by: ChineseLyricist, data: Path, cache: Path, split: Split) -> dict[str, object]:
    """Both tables."""
    parts = prepared(data, cache)
    kin = Kinship(parts["train"])
    asked = asks(data, split, SONGS, seed=3)
    written, seconds = songs(by, asked, seed=100)
    bare, _ = songs(plain(by), asked, seed=100)
    people = human_words(parts[split], asked, seed=5)
    return {
        "perplexity": perplexities(by, parts["train"], parts[split]),
        "stanzas": len(asked),
        "CPU seconds a stanza": seconds,
        "written": described(written, by, kin, 7),
        "one draft, no wishes": described(bare, by, kin, 7),
        "examples": examples(by, data, split),
        "poets": described(people, by, kin, 7, written=False),
    }


def main() -> None:
    """The command; see the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path(".cache/lyricist_zh"))
    parser.add_argument("--split", choices=("validation", "test"), default="test")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = report(load_chinese(), asked.data, asked.cache, asked.split)
    print(json.dumps(found, ensure_ascii=False, indent=1, default=float))


if __name__ == "__main__":
    main()

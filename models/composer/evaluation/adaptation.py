"""Adaptation to one musician: what is gained on left-out pieces, and whether it can be heard.

In: the sheets by split and the data directory. Out: for POP909 artists, game composers, composers
of test lieder and Groove drummers, nats per note of left-out pieces by the base, the style vector,
the embedding and the adapter (`adapt.learn`, as people use it), and a classifier that tells a
musician from nine others: on their own left-out pieces, and on melodies that were composed in their
style over the chords of test songs.

What to know when reading it: of artists and game composers the base has trained on most pieces, so
it tells them better than a stranger's, and what learning adds is an under-estimate; what it has not
seen is counted apart. Drummers appear as accent lines (`corpus_groove`): music that the base does
not know, in a form that nobody plays.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.composer.adapting.adapt import applied, instant, learn
from models.composer.adapting.fit import Settings
from models.composer.adapting.style import Style
from models.composer.compose import compose
from models.composer.corpora.groove import drum_sheets
from models.composer.describe import sheet_profile
from models.composer.evaluation.pieces import bars_of, cut, plan_of, workable
from models.composer.evaluation.study import Figure, Study, mean
from models.composer.features import Floats, profile
from models.composer.page import Composer
from models.composer.sheets import LeadSheet

_ARTISTS, _GAME, _LIEDER = 7, 3, 2
_DRUMMERS = ("drummer1", "drummer7", "drummer3", "drummer8")
_PIECES, _FOLDS, _BARS = 12, 3, 16
_SECONDS = 40.0  # of processor time for each musician, so that a busy machine changes nothing
_SONGS, _CANDIDATES = 24, 4
_GROUPS = ("pop909", "gamemusic", "lieder, not seen", "groove drummers")


@dataclass(frozen=True)
class Musician:
    """Somebody with pieces; `unseen[i]` says that the base has not trained on piece i."""

    name: str
    group: str
    sheets: tuple[LeadSheet, ...]
    unseen: tuple[bool, ...]


def adaptation(study: Study, data: Path) -> list[Figure]:
    """Figures "musician, measure"; `quick` takes a quarter of the musicians of each group."""
    people = musicians(study, data)
    learned: dict[str, Style] = {}
    for number, one in enumerate(people):
        study.say(f"learning musician {number + 1} of {len(people)}: {one.name}")
        settings = replace(Settings.read(), folds=_FOLDS)
        learned[one.name] = learn(
            one.sheets, study.composer, None, _SECONDS, settings=settings, clock=time.thread_time
        )
    rows = [figure for one in people for figure in _rows(one, learned[one.name])]
    return [*rows, *_totals(people, learned), *_heard(study, data, people, learned)]


def musicians(study: Study, data: Path) -> list[Musician]:
    """Who is learned from: those with the most pieces, up to `_PIECES` of each."""
    everything = [(s, split != "train") for split, m in study.sheets.items() for s in m]
    test = [(s, True) for s in study.sheets["test"]]
    drums = [(s, True) for s in drum_sheets(data, _PIECES) if s.author in _DRUMMERS]
    chosen = [
        (_GROUPS[0], _most([e for e in everything if e[0].source == "pop909"], _ARTISTS)),
        (_GROUPS[1], _most([e for e in everything if e[0].source == "gamemusic"], _GAME)),
        (_GROUPS[2], _most([e for e in test if e[0].source == "lieder"], _LIEDER)),
        (_GROUPS[3], _most(drums, len(_DRUMMERS))),
    ]
    out: list[Musician] = []
    for group, authors in chosen:
        few = list(authors.items())[: max(1, len(authors) // 4) if study.quick else None]
        out.extend(
            Musician(name, group, tuple(s for s, _ in found), tuple(u for _, u in found))
            for name, found in few
        )
    return out


def _most(
    sheets: Sequence[tuple[LeadSheet, bool]], count: int
) -> dict[str, list[tuple[LeadSheet, bool]]]:
    """The authors with the most sheets; what the base has not seen comes first."""
    totals = Counter(s.author for s, _ in sheets if s.author)
    out: dict[str, list[tuple[LeadSheet, bool]]] = {}
    for name, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:count]:
        own = sorted((e for e in sheets if e[0].author == name), key=lambda e: (not e[1], e[0].id))
        out[name] = own[:_PIECES]
    return out


_ROWS = ("base", "vector", "embedding", "adapter")


def _rows(one: Musician, style: Style) -> list[Figure]:
    """A musician's nats per note, and what became of it."""
    report = style.report
    values = {name: getattr(report, name) for name in _ROWS}
    words = f"{one.group}, {len(one.sheets)} pieces, {sum(one.unseen)} not seen in training"
    out = [Figure(f"{one.name}, {name}", v, "nats/note", "", words) for name, v in values.items()]
    gain = 100 * (1 - values["adapter"] / values["vector"])
    forgot = 100 * (report.forgotten or 0.0)
    words = f"{report.verdict}: {style.kind}; base {forgot:+.2f} %, {report.seconds:.0f} s"
    return [*out, Figure(f"{one.name}, adapter over vector", gain, "%", ">= 2", words)]


def _totals(people: Sequence[Musician], learned: Mapping[str, Style]) -> list[Figure]:
    """Means over musicians by group, and over the pieces that the base has not seen."""
    out = []
    for group in _GROUPS:
        members = [learned[p.name].report for p in people if p.group == group]
        for name in _ROWS:
            value = mean([getattr(r, name) for r in members])
            words = f"mean of {len(members)} musicians"
            out.append(Figure(f"{group}, {name}", value, "nats/note", "", words))
    parts = [(p, np.array(p.unseen)) for p in people if p.group in _GROUPS[:2]]
    for name in _ROWS:
        found = [np.array(learned[p.name].report.by_piece[name])[new] for p, new in parts]
        values = np.concatenate(found)
        words = f"{len(values)} left-out pieces of artists and game composers"
        out.append(Figure(f"not seen in training, {name}", mean(values), "nats/note", "", words))
    accepted = sum(learned[p.name].kind == "adapter" for p in people)
    words = "gain of 2 % and the base within 1 %; otherwise the vector (or embedding) is kept"
    return [*out, Figure("adapters accepted", accepted, f"of {len(people)}", "", words)]


@dataclass(frozen=True)
class _Teller:
    """A classifier of ten musicians; `right` and `sure` are of excerpts of left-out pieces.

    They are the share heard as the right musician's, and the probability that it gets, by musician.
    """

    fitted: Any
    right: Mapping[str, float]
    sure: Mapping[str, float]

    def hears(self, profiles: Sequence[Floats], name: str) -> tuple[float, float]:
        """The share of some melodies that is heard as a musician's, and its mean probability."""
        return _hears(self.fitted, profiles, name)


def _hears(fitted: Any, profiles: Sequence[Floats], name: str) -> tuple[float, float]:
    found = fitted.predict_proba(np.array(profiles))
    at = list(fitted.classes_).index(name)
    return mean(found.argmax(1) == at), mean(found[:, at])


def _excerpts(sheets: Sequence[LeadSheet]) -> list[Floats]:
    """Profiles of every sixteen bars, half of them overlapping."""
    return [
        sheet_profile(sheet, at, at + _BARS)
        for sheet in sheets
        for at in range(0, max(1, sheet.bars - _BARS + 1), _BARS // 2)
    ]


def _teller(people: Mapping[str, Sequence[LeadSheet]], folds: int = 4) -> _Teller:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def fit(chosen: Mapping[str, Sequence[LeadSheet]]) -> Any:
        model = make_pipeline(
            StandardScaler(), LogisticRegression(max_iter=2000, C=0.1, class_weight="balanced")
        )
        rows = {name: _excerpts(sheets) for name, sheets in chosen.items()}
        labels = [name for name, found in rows.items() for _ in found]
        return model.fit(np.concatenate([np.array(found) for found in rows.values()]), labels)

    heard: dict[str, list[tuple[float, float]]] = {name: [] for name in people}
    for fold in range(folds):
        model = fit(
            {n: [s for i, s in enumerate(m) if i % folds != fold] for n, m in people.items()}
        )
        for name, sheets in people.items():
            for profile_ in _excerpts([s for i, s in enumerate(sheets) if i % folds == fold]):
                heard[name].append(_hears(model, [profile_], name))
    right, sure = ({n: mean([pair[k] for pair in v]) for n, v in heard.items()} for k in (0, 1))
    return _Teller(fit(people), right, sure)


def _heard(
    study: Study, data: Path, people: Sequence[Musician], learned: Mapping[str, Style]
) -> list[Figure]:
    """What the classifiers say of real pieces and of melodies composed in a style."""
    everything = [(s, True) for members in study.sheets.values() for s in members]
    ten = {
        name: [s for s, _ in found]
        for source, count in (("pop909", _ARTISTS), ("gamemusic", _GAME))
        for name, found in _most([e for e in everything if e[0].source == source], count).items()
    }
    teller = _teller(ten)
    songs = [cut(s, _BARS) for s in study.sheets["test"] if s.source == "pop909"]
    songs = [s for s in songs if workable(s, _BARS)][: study.cases(_SONGS)]
    study.say("composing without a style")
    base = [_composed(study.composer, song, study.seed) for song in songs]
    names = ("base", "vector", "as learned")
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for one in (p for p in people if p.name in ten):
        study.say(f"composing as {one.name}")
        rows["base"].append(teller.hears(base, one.name))
        vector = _melodies(study, songs, instant(one.sheets))
        rows["vector"].append(teller.hears(vector, one.name))
        style = learned[one.name]
        written = vector if style.kind == "vector" else _melodies(study, songs, style)
        rows["as learned"].append(teller.hears(written, one.name))
    words = f"of ten musicians; {len(songs)} melodies of 16 bars for each of {len(rows['base'])}"
    out = []
    for name, pairs in rows.items():
        for measure, k in (("heard as the musician", 0), ("probability of the musician", 1)):
            value = 100 * mean([pair[k] for pair in pairs])
            out.append(Figure(f"{measure}, composed by {name}", value, "%", "", words))
    drummers: dict[str, list[LeadSheet]] = {}
    for sheet in drum_sheets(data, _PIECES):
        drummers.setdefault(sheet.author, []).append(sheet)
    words = "excerpts of left-out real pieces, mean over all ten; 10 % by chance"
    for group, found in (("musicians", teller), ("drummers", _teller(drummers))):
        for measure, by in (("heard as", found.right), ("probability of", found.sure)):
            value = 100 * mean(list(by.values()))
            out.append(Figure(f"{measure} the right one of ten {group}", value, "%", "", words))
    return out


def _melodies(study: Study, songs: Sequence[LeadSheet], style: Style) -> list[Floats]:
    """Profiles of melodies in a style over the chords of songs."""
    composer = applied(study.composer, style)
    return [_composed(composer, song, study.seed) for song in songs]


def _composed(composer: Composer, song: LeadSheet, seed: int) -> Floats:
    plan = plan_of(song)
    bars = bars_of(compose(plan, composer, seed, _CANDIDATES), plan)
    return profile(bars, song.bar_steps, song.minor)

"""Whether the asked theme is there: it must be nearer to the verse than nine others of the list.

Two judges: MiniLM, which the decoder uses too, and associations learned from the training books
(`association`), which it does not. People: a later verse of a hymn, against its own title and the
titles of nine others (the first verse often holds the title word for word); and for the second
judge alone the books' stanzas with their theme word, which MiniLM itself had chosen.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np

from models.composer.evaluation.study import Figure, mean
from models.lyricist.evaluation.association import learn
from models.lyricist.evaluation.melodies import all_themes
from models.lyricist.evaluation.rivals import Text
from models.lyricist.evaluation.study import Study
from models.lyricist.evaluation.verses import Verse

Encode = Callable[[Sequence[str]], np.ndarray]
#: A text, the right label, and the others.
Trial = tuple[str, str, tuple[str, ...]]
_OTHERS, _PEOPLE = 9, 400


def themes(study: Study) -> list[Figure]:
    """The share of verses whose theme comes first of ten, by judge and by maker."""
    study.say("theme: learning the second judge")
    judges: dict[str, Encode] = {
        "MiniLM": study.lyricist.meaning.vectors,
        "associations": learn(study.books["train"]).vectors,
    }
    ours, untuned = trials(study.ours), trials(study.untuned)
    titled = with_titles(study)
    books = with_themes(study)
    out = []
    for name, judge in judges.items():
        people = f"hymns with their titles: {first(titled, judge):.1%}"
        if name == "associations":
            people += f"; books with their themes: {first(books, judge):.1%}"
        target = ">= 0.80" if name == "MiniLM" else ""
        out.append(Figure(f"first of ten by {name}", first(ours, judge), "", target, people))
        out.append(Figure(f"untuned, first of ten by {name}", first(untuned, judge), "", "", "0.1"))
        lost = [trial for trial in ours if not won(trial, judge)]
        study.tell(
            f"theme not first by {name}", [f"{t[1]}: {t[0].replace(chr(10), ' / ')}" for t in lost]
        )
    return out


def trials(texts: Sequence[Verse | Text]) -> list[Trial]:
    """Each text with its asked theme and nine others of the list."""
    listed = all_themes()
    out = []
    for number, text in enumerate(texts):
        others = [theme for theme in listed if theme != text.theme]
        chosen = random.Random(number).sample(others, _OTHERS)
        out.append((text.text, text.theme, tuple(chosen)))
    return out


def with_titles(study: Study) -> list[Trial]:
    """Hymns' later verses, a hymn each, with their titles and those of nine other hymns."""
    titles = sorted({hymn.title for hymn in study.hymns})
    rng = random.Random(0)
    out = []
    for hymn in study.hymns:
        if len(hymn.verses) < 2:
            continue
        words = "".join(s.text + ("" if s.joined else " ") for s in hymn.verses[1])
        others = rng.sample([title for title in titles if title != hymn.title], _OTHERS)
        out.append((words, hymn.title, tuple(others)))
    return out


def with_themes(study: Study) -> list[Trial]:
    """Stanzas of held-out books with their first theme word and nine words of other stanzas."""
    rng = random.Random(0)
    chosen = rng.sample(study.held, min(_PEOPLE, len(study.held)))
    words = sorted({stanza.themes[0] for stanza in study.held})
    return [
        (
            " ".join(stanza.lines),
            stanza.themes[0],
            tuple(rng.sample([w for w in words if w not in stanza.themes], _OTHERS)),
        )
        for stanza in chosen
    ]


def first(some: Sequence[Trial], judge: Encode) -> float:
    """The share of trials that the right label wins."""
    return mean([won(trial, judge) for trial in some])


def won(trial: Trial, judge: Encode) -> bool:
    """Whether the right label is nearer to the text than every other."""
    text, label, others = trial
    vectors = judge([text, label, *others])
    near = vectors[1:] @ vectors[0]
    return bool(near[0] > near[1:].max())

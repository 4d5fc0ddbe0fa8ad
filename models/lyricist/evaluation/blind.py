"""A sheet for people to judge blind: a person's verse, ours and the untuned model's, shuffled.

In: hymns of the split whose words are of today. Out: Markdown, and the key beside it. Ours has the
hymn's tune and both writers its title as their theme; the person is the hymn's author. Numbers say
nothing about whether a verse is good: this is how people can.
"""

from __future__ import annotations

import random
from pathlib import Path

from models.lyricist.corpus import archaic_words, words_of
from models.lyricist.evaluation import rivals
from models.lyricist.evaluation.melodies import Case, stanza_of
from models.lyricist.evaluation.study import Study
from models.lyricist.evaluation.verses import Verse, of_hymn

#: Verses of each of the three that are on the sheet.
NUMBER = 20
_HEAD = """# Which verse would you sing?

Each number has three verses on one subject: one by a person, two by programs. Give each a mark from
1 (nonsense) to 5 (I would sing it), and say which is the person's. The key is in a file of its own.
"""


def write_sheet(study: Study, path: Path) -> Path:
    """Write the sheet to `path` and the key beside it; returns the key's path."""
    rng = random.Random(study.split)
    people = []
    for hymn in study.hymns:
        verses = [of_hymn(hymn, n) for n in range(1, len(hymn.verses))]
        modern = [v for v in verses if v is not None and len(v.lines) >= 4 and is_modern(v)]
        part = stanza_of(hymn.melody)
        if modern and part is not None:
            people.append((hymn, modern[0], part))
    rng.shuffle(people)
    people = people[: study.few(NUMBER)]
    cases = [
        Case("hymnal", hymn.title, *part, hymn.title, 0.0, n, hymn)
        for n, (hymn, _, part) in enumerate(people)
    ]
    untuned = rivals.untuned(cases)
    sheet, key = [_HEAD], ["# Key\n"]
    for number, (case, (_, human, _), free) in enumerate(
        zip(cases, people, untuned, strict=True), 1
    ):
        lines = study.lyricist.write(case.ask, case.seed).stanzas[0]
        three = {
            "person": [line.text for line in human.lines[: len(lines)]],
            "Segno": [line.text for line in lines],
            "untuned": list(free.lines),
        }
        order = rng.sample(sorted(three), 3)
        sheet.append(f"## {number}. {case.name}\n")
        for letter, who in zip("ABC", order, strict=True):
            sheet.append(f"{letter}.\n\n" + "\n".join(f"> {line}  " for line in three[who]) + "\n")
        key.append(
            f"{number}. " + ", ".join(f"{x} {who}" for x, who in zip("ABC", order, strict=True))
        )
        study.say(f"sheet: {number} of {len(cases)}")
    path.write_text("\n".join(sheet), encoding="utf-8")
    beside = path.with_suffix(".key.md")
    beside.write_text("\n".join(key) + "\n", encoding="utf-8")
    return beside


def is_modern(verse: Verse) -> bool:
    """Whether nothing in a verse is archaic."""
    return not any(word.lower() in archaic_words() for word in words_of(verse.text))

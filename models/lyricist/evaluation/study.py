"""What every part of the lyricist's evaluation is given, made once and when first asked for.

In: the data sets, the caches, a split. Out: cases, what each maker wrote for them, people's hymns
and books. `validation` is for tuning; the table of the card is of `test`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from models.composer.generate import load_composer
from models.lyricist.corpus import Stanza
from models.lyricist.evaluation import copies, melodies, rivals
from models.lyricist.evaluation.melodies import SHARES, Case, Split
from models.lyricist.evaluation.verses import Verse, of_hymn, of_written
from models.lyricist.generate import Lyricist, load_lyricist
from models.lyricist.hymnal import Hymn, read_hymns
from models.lyricist.pronounce import Pronouncer, load
from models.lyricist.train import labelled_corpus


@dataclass
class Study:
    """The folder of data sets, the folder of caches, and how much is looked at.

    `limit` is how many melodies in all (None: a hundred); `say` takes one line of progress at a
    time; `details` are lines under the table, by name.
    """

    data: Path
    cache: Path
    split: Split = "test"
    limit: int | None = None
    say: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self.details: dict[str, list[str]] = {}

    @cached_property
    def lyricist(self) -> Lyricist:
        """The shipped lyricist."""
        return load_lyricist()

    @cached_property
    def pronouncer(self) -> Pronouncer:
        """The dictionary."""
        return load()

    @cached_property
    def cases(self) -> list[Case]:
        """The stanzas to write."""
        whole = sum(SHARES.values())
        wanted = self.limit or whole
        shares = {source: -(-wanted * share // whole) for source, share in SHARES.items()}
        self.say(f"melodies of the {self.split} split: {shares}")
        composer = load_composer()
        return melodies.cases(self.data, self.cache / "composer", composer, self.split, shares)

    def few(self, number: int) -> int:
        """How many of `number` cases to look at, when the whole table looks at fewer melodies."""
        whole = sum(SHARES.values())
        return max(2, number * min(self.limit or whole, whole) // whole)

    @cached_property
    def ours(self) -> list[Verse]:
        """What the lyricist writes for each case."""
        out = []
        for number, case in enumerate(self.cases, 1):
            song = self.lyricist.write(case.ask, case.seed)
            lines = song.stanzas[0]
            out.append(
                of_written(case.source, case.name, case.stanza, lines, case.theme, case.valence)
            )
            self.say(f"verse {number} of {len(self.cases)}: {' / '.join(x.text for x in lines)}")
        return out

    @cached_property
    def free(self) -> list[rivals.Text]:
        """What the tuned model writes for each case when nothing holds it."""
        self.say("the tuned model without constraints")
        return rivals.tuned(self.lyricist, self.cases)

    @cached_property
    def untuned(self) -> list[rivals.Text]:
        """What SmolLM2-Instruct writes for each case when it is asked in words."""
        self.say("the untuned model")
        return rivals.untuned(self.cases)

    @cached_property
    def hymns(self) -> list[Hymn]:
        """The hymnal's hymns of the split."""
        return read_hymns(self.data, self.split)

    @cached_property
    def sung(self) -> list[Verse]:
        """People's verses on their melodies: hymns whose metre tells their lines."""
        verses = (of_hymn(hymn, n) for hymn in self.hymns for n in range(len(hymn.verses)))
        return [verse for verse in verses if verse is not None]

    @cached_property
    def books(self) -> dict[str, list[Stanza]]:
        """The stanzas of the books by split, labelled."""
        return labelled_corpus(self.data, self.cache / "lyricist")

    @property
    def held(self) -> list[Stanza]:
        """The stanzas of the split's own books."""
        return self.books[self.split]

    @cached_property
    def index(self) -> set[int]:
        """Every run of six words of the training books, hashed."""
        self.say("indexing the training books")
        return copies.index_of(self.books["train"])

    @cached_property
    def fresh(self) -> list[Stanza]:
        """Held stanzas that no training book holds too: poems stand in several books."""
        held = (
            (stanza, copies.longest(" ".join(stanza.lines), self.index)) for stanza in self.held
        )
        return [stanza for stanza, run in held if run < copies.SAME]

    def tell(self, name: str, lines: list[str]) -> None:
        """Lines to be read under the table."""
        self.details.setdefault(name, []).extend(lines)

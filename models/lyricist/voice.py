"""A writer's voice: what their own texts say about how they write, and how that is used.

In: stanzas of a writer (`voice_text.stanzas_of`), the wordbook with its sounds, MiniLM. Out: a
`Voice`, its file, and bonuses for the words of the lexicon. At once, without training: which words
they use more and less than verse does (the ratio of uses to expected uses, drawn towards one by a
gamma prior: W. DuMouchel, "Bayesian data mining in large frequency tables", The American
Statistician 53, 1999), the length of their lines, their rhyme scheme, the marks at their lines'
ends, and where their imagery lies in the wordbook's space. `voice_training` may add low-rank
changes of the language model. Of the lines themselves only hashes are kept, by which none of them
is written again.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from models.errors import Refusal
from models.lyricist.corpus import words_of
from models.lyricist.lexicon import Lexicon
from models.lyricist.pronounce import Pronouncer
from models.lyricist.rhyme import perfect, slant
from models.lyricist.tokens import Floats
from models.lyricist.voice_text import Lines, stanzas_of
from models.lyricist.wordbook import RUN, run_keys

#: Lines from which a voice is learned at all, and from which an adapter is trained.
LEAST_LINES, LEAST_TRAINED = 8, 60
#: Largest file of a voice, in bytes.
MOST_BYTES = 2_000_000
#: Shape of the gamma prior, most nats for a word, least nats that are kept, most words.
_DOUBT, _CAP, _TELLING, _MOST_WORDS = 2.0, 2.0, 0.15, 1500
#: Nats for a nat of log-odds, and for a word in the direction of the imagery (as `theme_word`).
WORD, IMAGE = 0.5, 1.0
_MOST_KEYS = 60_000
_SHORT_LINE = 3  # words from which a whole line counts as the writer's own
_MARKS = ",.!?"
_LORA = "lora."

Verdict = Literal["few", "accepted", "no gain", "not trained"]


@dataclass(frozen=True)
class Report:
    """What training found, in nats per token of the writer's lines that were left out.

    `before` is the shipped lyricist's, `after` with the changes, `sure` the gain (as a share of
    `before`) that is exceeded in 95 % of bootstrap samples of the `held` lines. None where nothing
    was measured.
    """

    verdict: Verdict
    before: float | None = None
    after: float | None = None
    sure: float | None = None
    held: int = 0
    steps: int = 0
    seconds: float = 0.0

    @property
    def gain(self) -> float | None:
        """By which share of `before` the left-out lines are told better."""
        if self.before is None or self.after is None:
            return None
        return 1 - self.after / self.before


@dataclass(frozen=True, eq=False)
class Voice:
    """How somebody writes.

    `words` are log-odds in nats of what they use more (or less) than verse does; `syllables` and
    `scheme` those of their usual stanza, a number and a letter a line; `marks` the share of lines
    that end in each of ", . ! ?"; `imagery` (96,) a unit vector in the wordbook's space. `own` are
    hashes of their lines and runs of six words. `lora` are changes of the weights `base` names:
    (rank, in) and (out, rank) for each, as `NAME.down` and `NAME.up`, scale included.
    """

    words: Mapping[str, float]
    syllables: tuple[int, ...]
    scheme: str
    marks: Mapping[str, float]
    imagery: Floats
    lines: int
    own: npt.NDArray[np.uint32]
    report: Report = field(default_factory=lambda: Report("not trained"))
    language: str = "en"
    lora: Mapping[str, Tensor] | None = None
    base: str = ""

    @property
    def kind(self) -> Literal["vector", "adapter"]:
        """What it amounts to, in the words of musical styles."""
        return "vector" if self.lora is None else "adapter"

    def copied(self, before: Sequence[str], words: Sequence[str]) -> bool:
        """Whether a new line of these words quotes the writer; `before` are the words above it."""
        keys = np.array(_keys([*before[1 - RUN :], *words], [words]), np.uint32)
        return bool(np.isin(keys, self.own).any())

    def save(self, path: Path) -> Path:
        """Write one safetensors file of at most `MOST_BYTES`.

        Raises
        ------
        ValueError
            When it would be larger.
        """
        tensors = {
            "imagery": torch.from_numpy(self.imagery),
            "own": torch.from_numpy(self.own[:_MOST_KEYS].view(np.int32).copy()),
        }
        for name, value in (self.lora or {}).items():
            tensors[_LORA + name] = value.to(torch.bfloat16).contiguous()
        kept = ("words", "syllables", "scheme", "marks", "lines", "language", "base")
        facts = {name: getattr(self, name) for name in kept} | {"report": asdict(self.report)}
        data = save(tensors, metadata={"segno-voice": json.dumps(facts)})
        if len(data) > MOST_BYTES:
            raise ValueError(f"a voice of {len(data)} bytes")
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(data)
        partial.replace(path)
        return path

    @classmethod
    def load(cls, path: Path) -> Voice:
        """Read what `save` wrote.

        Raises
        ------
        Refusal
            When the file is missing or holds no voice.
        """
        try:
            with safe_open(path, framework="pt") as stream:
                facts = json.loads((stream.metadata() or {})["segno-voice"])
                names = list(stream.keys())
                tensors = {name: stream.get_tensor(name) for name in names}
            return cls._of(tensors, facts)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise Refusal(
                "This file holds no voice that I can read; learn it again from its texts."
            ) from error

    @classmethod
    def _of(cls, tensors: dict[str, Tensor], facts: dict[str, Any]) -> Voice:
        report = Report(**facts.pop("report"))
        lora = {n.removeprefix(_LORA): v.float() for n, v in tensors.items() if n.startswith(_LORA)}
        return cls(
            **{**facts, "syllables": tuple(facts["syllables"])},
            imagery=tensors["imagery"].numpy(),
            own=tensors["own"].numpy().view(np.uint32),
            report=report,
            lora=lora or None,
        )


def learn_voice(texts: Sequence[str], lexicon: Lexicon, pronouncer: Pronouncer) -> Voice:
    """The voice of texts, at once.

    Raises
    ------
    Refusal
        When they hold fewer than `LEAST_LINES` lines of words, or are not English.
    """
    return voice_of(stanzas_of(texts), lexicon, pronouncer)


def voice_of(stanzas: Sequence[Lines], lexicon: Lexicon, pronouncer: Pronouncer) -> Voice:
    """The voice of stanzas; raises as `learn_voice` for too few lines."""
    lines = [line for stanza in stanzas for line in stanza]
    if len(lines) < LEAST_LINES:
        raise Refusal(
            "I found {lines} lines of words in these texts and need {least} or more; write each "
            "line that is sung on a line of its own.",
            lines=len(lines),
            least=LEAST_LINES,
        )
    counts = Counter(word.lower() for line in lines for word in words_of(line))
    syllables, scheme = usual_stanza(stanzas, pronouncer)
    ends = Counter(line[-1] for line in lines)
    runs = [key for s in stanzas for key in _keys([w for x in s for w in words_of(x)],
                                                  [words_of(x) for x in s])]  # fmt: skip
    return Voice(
        words=log_odds(counts, lexicon),
        syllables=syllables,
        scheme=scheme,
        marks={mark: round(ends[mark] / len(lines), 3) for mark in _MARKS},
        imagery=imagery_of(counts, lexicon),
        lines=len(lines),
        own=np.unique(np.array(runs, np.uint32))[:_MOST_KEYS],
        report=Report("few" if len(lines) < LEAST_TRAINED else "not trained"),
    )


def log_odds(counts: Counter[str], lexicon: Lexicon) -> dict[str, float]:
    """What a writer uses more or less than verse does: word -> nats, capped.

    log((uses + k) / (expected + k)): what was seen once, or not seen and hardly expected, tells
    next to nothing.
    """
    odds = _odds(_uses(counts, lexicon), lexicon)
    order = np.argsort(-np.abs(odds), kind="stable")[:_MOST_WORDS]
    told = sorted(int(i) for i in order if abs(odds[i]) >= _TELLING)
    return {lexicon.words[i].lower(): round(float(odds[i]), 3) for i in told}


def imagery_of(counts: Counter[str], lexicon: Lexicon) -> Floats:
    """Where the words of meaning lie that a writer prefers: (96,), of length one.

    The direction of all verse is taken out: without that a few words are near to everybody.
    """
    uses = _uses(counts, lexicon)
    weight = np.clip(_odds(uses, lexicon), 0, None) * np.sqrt(uses) * ~lexicon.function
    own, verse = weight @ lexicon.vectors, (lexicon.uses * ~lexicon.function) @ lexicon.vectors
    verse = verse / np.linalg.norm(verse)
    moved = own - (own @ verse) * verse
    return np.asarray(moved / max(1e-9, float(np.linalg.norm(moved))), np.float32)


def _uses(counts: Counter[str], lexicon: Lexicon) -> Floats:
    return np.array([counts.get(word.lower(), 0) for word in lexicon.words], np.float32)


def _odds(uses: Floats, lexicon: Lexicon) -> Floats:
    expected = uses.sum() * (lexicon.uses + 0.5) / (lexicon.uses + 0.5).sum()
    return np.asarray(np.log((uses + _DOUBT) / (expected + _DOUBT)).clip(-_CAP, _CAP), np.float32)


def usual_stanza(stanzas: Sequence[Lines], pronouncer: Pronouncer) -> tuple[tuple[int, ...], str]:
    """Syllables of each line of the usual stanza, and its scheme ("X" rhymes with nothing)."""
    sizes = Counter(len(stanza) for stanza in stanzas if len(stanza) > 1)
    size = max(sizes, key=lambda n: (n * sizes[n], n)) if sizes else 1
    alike = [stanza for stanza in stanzas if len(stanza) == size]
    table = np.array([[syllables_of(line, pronouncer) for line in stanza] for stanza in alike])
    lengths = tuple(int(n) for n in np.median(table, axis=0).round().clip(1, 16))
    schemes = Counter(scheme_of(stanza, pronouncer) for stanza in alike)
    return lengths, schemes.most_common(1)[0][0]


def syllables_of(line: str, pronouncer: Pronouncer) -> int:
    """How many syllables a line most likely has."""
    return sum((*pronouncer.counts(word), 0)[0] for word in words_of(line))


def scheme_of(stanza: Lines, pronouncer: Pronouncer) -> str:
    """Which lines rhyme, perfectly or nearly: a letter each, "X" where none does."""
    ends = [pronouncer.readings(words_of(line)[-1]) for line in stanza]
    letters = ["X"] * len(stanza)
    free = iter("ABCDEFGHIJKLMNOPQRSTUVWYZ")
    for rule in (perfect, slant):
        for at, mine in enumerate(ends):
            for before in range(at - 1, -1, -1):
                if letters[at] != "X" or (rule is slant and letters[before] != "X"):
                    continue
                if any(rule(a, b) for a in mine for b in ends[before]):
                    if letters[before] == "X":
                        letters[before] = next(free)
                    letters[at] = letters[before]
    names: dict[str, str] = {"X": "X"}
    order = iter("ABCDEFGHIJKLMNOPQRSTUVWYZ")
    return "".join(names.setdefault(x, next(order)) if x != "X" else "X" for x in letters)


def voice_worth(lexicon: Lexicon, voice: Voice) -> Floats:
    """Bonuses (words,) in nats for the words of the lexicon when somebody writes in a voice."""
    odds = np.array([voice.words.get(word.lower(), 0.0) for word in lexicon.words], np.float32)
    near = np.clip(lexicon.vectors @ voice.imagery - 0.2, 0, None) * ~lexicon.function
    return np.asarray(WORD * odds + IMAGE * near, np.float32)


def _keys(words: Sequence[str], lines: Sequence[Sequence[str]]) -> list[int]:
    """Hashes of the runs of six words, and of whole lines of `_SHORT_LINE` words or more."""
    whole = [
        zlib.crc32(("\n" + " ".join(w.lower() for w in line)).encode())
        for line in lines
        if len(line) >= _SHORT_LINE
    ]
    return [*run_keys(words), *whole]

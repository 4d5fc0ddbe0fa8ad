"""What the listener is trained on, as labelled words: its own requests and the public sets.

In: drafts of the grammar and of people's hands, SNIPS (CC0), SLURP (CC BY 4.0) and MusicRecoNER
(MIT) from `requests/` of the data folder. Out: `Example`s. The public sets mark less than we do,
so that an example may leave tags open.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.listener.grammar import Draft, chains, drafts_by_hand, roughened
from models.listener.noise import Piece
from models.listener.words import Word, split
from models.vocabulary import normalise

#: Words between two frames that belong to the second: without a rule the boundary is a coin's toss.
_JOINING = frozenset(
    re.findall(
        r"[a-z&']+|.",
        "and then also after that oh plus finally but first now & next when that's thats done so"
        " ok pls please 然后再接着最后同时顺便并且还要另外完了之也弄好以",
    )
)
#: Slots whose words may be exchanged between messages without making nonsense.
_FREE = frozenset(
    re.findall(
        r"\w+",
        "style style_not mood mood_not key tempo meter length instrument without chords theme"
        " artist work title purpose person line",
    )
)
#: One in so many of the messages written by hand is kept for validation.
_HELD = 7


@dataclass(frozen=True)
class Example:
    """A message as labelled words.

    `tags` has one BIO tag a word; "?" where the data set leaves it open, any but `closed` then.
    `starts` are the words at which the frames of `intents` begin; the first is 0.
    """

    text: str
    words: tuple[Word, ...]
    tags: tuple[str, ...]
    starts: tuple[int, ...]
    intents: tuple[str, ...]
    closed: tuple[str, ...] = ()


def of_draft(draft: Draft) -> Example | None:
    """A draft as labelled words; None where a frame or a slot has no word of its own."""
    text = "".join(piece.words for piece in draft.pieces)
    words = split(text)
    at, bounds = 0, []
    for piece in draft.pieces:
        bounds.append((at, at + len(piece.words), piece))
        at += len(piece.words)
    tags: list[str] = []
    starts: list[int] = []
    place = 0
    for index, word in enumerate(words):
        while bounds[place][1] <= word.start:
            place += 1
        start, _, piece = bounds[place]
        new = word.start == start or words[index - 1].end <= start
        tags.append(f"{'B' if new else 'I'}-{piece.slot}" if piece.slot else "O")
        if piece.frame == len(starts):
            starts.append(index)
    if len(starts) != len(draft.intents):
        return None
    begun = [_joined(words, tags, start) if start else 0 for start in starts]
    if sorted(set(begun)) != begun:
        return None
    return Example(text, tuple(words), tuple(tags), tuple(begun), draft.intents)


def _joined(words: Sequence[Word], tags: Sequence[str], start: int) -> int:
    """Where a frame begins once the joining words before it are its own."""
    while start > 1 and tags[start - 1] == "O" and words[start - 1].plain in _JOINING:
        start -= 1
    return start


def held_out(text: str) -> bool:
    """Whether a message by hand is for validation: by its own words, whatever stands beside it."""
    return hashlib.sha256(text.strip().encode()).digest()[0] % _HELD == 0


def by_hand() -> tuple[list[Draft], list[Draft]]:
    """The messages by hand: for training, and for validation; none that is a test message."""
    parts: tuple[list[Draft], list[Draft]] = ([], [])
    for draft in without_tests(drafts_by_hand()):
        parts[held_out(draft.said().text)].append(draft)
    return parts


def without_tests(drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts that do not say what a test message says ("undo", "play it again")."""
    folder = Path(__file__).with_name("evaluation")
    tests = {
        _bare(json.loads(line)["text"])
        for file in folder.glob("*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    }
    return [draft for draft in drafts if _bare(draft.said().text) not in tests]


def _bare(text: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"\W", "", normalise(text))


def pool(drafts: Iterable[Draft]) -> dict[tuple[str, str], list[str]]:
    """(language, slot) -> the words that fill it."""
    words: dict[tuple[str, str], list[str]] = {}
    for draft in drafts:
        for piece in draft.pieces:
            if piece.slot in _FREE:
                words.setdefault((draft.language, piece.slot), []).append(piece.words)
    return words


def varied(
    draft: Draft, words: Mapping[tuple[str, str], Sequence[str]], rng: random.Random
) -> Draft:
    """A draft with some of its free slots filled anew, and typed as people type."""
    pieces = [
        replace(piece, words=rng.choice(words[draft.language, piece.slot]))
        if piece.slot in _FREE and rng.random() < 0.5
        else piece
        for piece in draft.pieces
    ]
    return roughened(replace(draft, pieces=tuple(pieces)), rng)


def chained(
    drafts: Sequence[Draft], joins: Mapping[str, Sequence[str]], rng: random.Random
) -> Draft:
    """Messages of one language as one, in an order that people use, joined in its ways.

    IndexError where that language has no messages for any chain of intents.
    """
    single: dict[tuple[str, str], list[Draft]] = {}
    for draft in drafts:
        if len(draft.intents) == 1:
            single.setdefault((draft.language, draft.intents[0]), []).append(draft)
    language = rng.choice(drafts).language
    fits = [chain for chain in chains() if all((language, intent) in single for intent in chain)]
    intents: list[str] = []
    pieces: list[Piece] = []
    for intent in rng.choice(fits):
        draft = rng.choice(single[language, intent])
        if pieces:
            before, after = _between(joins[language], language, rng)
            pieces.append(Piece(before, "", len(intents) - 1))
            if after:
                pieces.append(Piece(after, "", len(intents)))
        pieces += [replace(p, frame=p.frame + len(intents)) for p in draft.pieces]
        intents += draft.intents
    return Draft(language, tuple(intents), tuple(pieces))


def _between(joins: Sequence[str], language: str, rng: random.Random) -> tuple[str, str]:
    """What stands before and after a boundary: often no more than a mark, or nothing."""
    if rng.random() < 0.4:
        return rng.choice((" ", ". ", "! ", ", ", "\n") if language == "en" else "，！。 ~"), ""
    before, after = rng.choice(joins).split("|")
    return before.rstrip() + (" " if language == "en" else ""), after.lstrip()


def snips(data: Path, part: str) -> list[tuple[str, Example]]:
    """(intent, example) of SNIPS; `part` is "train" or "validate" (the official test)."""
    pattern = "train_*_full.json" if part == "train" else "validate_*.json"
    found = []
    for file in sorted((data / "requests" / "snips").glob(pattern)):
        raw = file.read_bytes()
        try:
            table = json.loads(raw.decode("utf-8"))
        except UnicodeDecodeError:  # two of the files are Latin-1
            table = json.loads(raw.decode("latin-1"))
        for intent, items in table.items():
            for item in items:
                pieces = tuple(Piece(p["text"], p.get("entity", ""), 0) for p in item["data"])
                pieces = tuple(p for p in pieces if p.words)
                example = of_draft(Draft("en", (intent,), pieces)) if pieces else None
                if example:
                    found.append((intent, example))
    if not found:
        raise FileNotFoundError(f"no SNIPS under {data / 'requests' / 'snips'}")
    return found


def music_reco(data: Path, fold: int, part: str) -> list[Example]:
    """Requests of MusicRecoNER's fold 1..3; `part` is "train" or "test"; tags artist and work."""
    path = data / "requests" / "music_reco_ner" / f"dataset{fold}" / f"{part}.bio"
    names = {"Artist": "artist", "WoA": "work"}
    examples = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [line.rsplit("\t", 1) for line in block.splitlines() if "\t" in line]
        if rows:
            examples.append(_of_rows([(word, tag) for word, tag in rows], names))
    return examples


def _of_rows(rows: Sequence[tuple[str, str]], names: Mapping[str, str]) -> Example:
    """An example of words and tags as a BIO file has them; a tag names "B-Artist" or "O"."""
    words, tags, at = [], [], 0
    for text, tag in rows:
        words.append(Word(text, at, at + len(text)))
        at += len(text) + 1
        side, _, name = tag.partition("-")
        label = next((own for theirs, own in names.items() if name.startswith(theirs)), "")
        tags.append(f"{side}-{label}" if label else "O")
    text = " ".join(word.text for word in words)
    return Example(text, tuple(words), tuple(tags), (0,), ("recommend",))


def half_marked(example: Example, closed: tuple[str, ...]) -> Example:
    """The example with its unmarked words open for every slot but the `closed` ones."""
    return replace(
        example, tags=tuple("?" if tag == "O" else tag for tag in example.tags), closed=closed
    )


def strangers(data: Path, rng: random.Random, count: int) -> list[Example]:
    """Public requests that are not for us: SNIPS without music, SLURP's radio and volume."""
    examples = [
        replace(example, intents=("other",), tags=("O",) * len(example.words))
        for intent, example in snips(data, "train")
        if intent not in ("PlayMusic", "AddToPlaylist")
    ]
    rng.shuffle(examples)
    examples = examples[:count]
    for line in (data / "requests" / "slurp_music_devel.jsonl").read_text().splitlines():
        row = json.loads(line)
        if re.match("play_(radio|audiobook|podcasts)|podcasts|audio_volume", row["intent"]):
            words = tuple(split(row["sentence"]))
            tags = ("O",) * len(words)
            examples.append(Example(row["sentence"], words, tags, (0,), ("other",)))
    return examples

"""What a person's words ask for: a deterministic reading with the vocabulary, English or Chinese.

In: free text. Out: a `Reading`: a checked `Brief`, and everything a reply needs to be honest about
it: what was assumed or corrected, what was asked for that cannot be done yet, and which words were
not understood. Grammar first (numbers, keys, chords, forms), then longest match over every
spelling, then typos. This is the baseline that a learned reader has to beat.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from bot.agent import lexicon, phrases, wishes
from bot.agent.lexicon import is_han
from bot.agent.matching import Match, find_matches
from bot.agent.phrases import Page
from bot.agent.players import choose_players
from bot.agent.styles import choose_style
from models import vocabulary
from models.errors import Refusal
from models.planner import chord_text, intake, quantities
from models.planner.bounds import check_brief
from models.planner.brief import Brief
from models.vocabulary import Style, Vocabulary

LONGEST_TEXT = 2000
Note = tuple[str, dict[str, object]]
_READ_AS = "Read “{written}” as “{meant}”."

_CURVE = re.compile(
    r"\bto\b|->|[→⇒➡]|\b(?:then|into|becom\w*|turn\w*|build\w*|grow\w*|end\w*|resolv\w*|shift\w*"
    r"|transition\w*|gradually|finally|start\w*|begin\w*|before|after)\b"
    r"|到|转|变|然后|逐渐|渐渐|最后|再|接着|过渡|走向|开始|结束|结尾"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it was understood.

    `notes` are (English template, values) pairs, gettext message ids as in `Refusal`: what was
    assumed, corrected or replaced. `leftover` are words that meant nothing to the reader, as
    written. `wants` are "lyrics", where words are asked for, `about` what they are to be about,
    "taste" or "taste-us", where it is to be what the person or several of them like, and the things
    that cannot be done yet ("arrange", "recommend", "edit"), each with a note too.
    `locale` is the language of the text.
    """

    brief: Brief
    locale: str
    notes: tuple[Note, ...] = ()
    leftover: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    about: str = ""


@dataclass(slots=True)
class _Draft:
    """What has been read so far; lives for one call of `read`."""

    page: Page
    words: Vocabulary
    locale: str
    fields: dict[str, object] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note(self, template: str, **values: object) -> None:
        self.notes.append((template, values))


def read(text: str, locale: str | None = None) -> Reading:
    """Read a request.

    Parameters
    ----------
    text : str
        At most 2,000 characters.
    locale : str or None
        The asker's language, used when the text itself has no words.

    Raises
    ------
    Refusal
        When the text is empty or too long, or asks for what cannot be (a tempo of 900).
    """
    if not text.strip():
        raise Refusal("Tell me what to compose, such as “a wistful waltz in D minor, one minute”.")
    if len(text) > LONGEST_TEXT:
        raise Refusal(
            "That is {count} characters; I read at most {most}. Please say it shorter.",
            count=len(text),
            most=LONGEST_TEXT,
        )
    page = Page.of(text.strip())
    draft = _Draft(page, vocabulary.load(), language(text, locale))
    wished = wishes.take(page)
    draft.notes += [(wishes.ANSWERS[w], {}) for w in wished.seen if w in wishes.ANSWERS]
    _read_grammar(draft)
    found = find_matches(page.folded, lexicon.load())
    style = _read_style(draft, found.matches)
    _read_length(draft, found.matches)
    _read_pace(draft, found.matches, style)
    _read_moods(draft, found.matches)
    _read_purpose(draft, found.matches)
    _read_players(draft, found.matches, style)
    _settle_mode(draft, text)
    for written, meant in found.corrected:
        draft.note(_READ_AS, written=written, meant=meant)
    leftover = [page.written[a:b].strip() for a, b in found.leftover]
    leftover = _bare_tempo(draft, leftover, style)
    brief = Brief(**draft.fields)  # type: ignore[arg-type]
    check_brief(brief)
    unread = tuple(dict.fromkeys(leftover))
    return Reading(brief, draft.locale, tuple(draft.notes), unread, wished.seen, wished.about)


def language(text: str, locale: str | None = None) -> str:
    """Language of a text: "zh" when a fifth or more of its letters are Chinese, else "en"."""
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return "zh" if (locale or "").startswith("zh") else "en"
    return "zh" if sum(is_han(c) for c in letters) * 5 >= len(letters) else "en"


# --- grammar: numbers, keys, chords, forms -------------------------------------------------------


def _read_grammar(draft: _Draft) -> None:
    page, fields = draft.page, draft.fields
    if (seed := phrases.take_seed(page)) is not None:
        fields["seed"] = seed
    if title := phrases.take_title(page):
        fields["title"] = title
    progression = phrases.take_chords(page)
    if form := phrases.take_form(page):
        fields["form"] = form
    if tempo := _take(page, quantities.find_tempo(page.folded)):
        fields["tempo"] = tempo.value
    if bars := _take(page, quantities.find_bars(page.folded)):
        if not bars.value.is_integer():
            raise Refusal("A piece has a whole number of bars; {bars} is none.", bars=bars.value)
        fields["bars"] = int(bars.value)
    if seconds := _take(page, quantities.find_seconds(page.folded)):
        fields["seconds"] = seconds.value
    if meter := quantities.find_meter(page.folded):
        page.blank(*meter[:2])
        fields["meter"] = meter[2]
    for written, meant in phrases.mend_modes(page):
        draft.note(_READ_AS, written=written, meant=meant)
    key, mode = phrases.take_key(page)
    fields["key"], fields["mode"] = key, mode
    minor = "minor" in f"{key} {mode}"
    if progression := progression or phrases.take_degrees(page, minor):
        fields["chords"] = chord_text.chords(progression, key)
    if grade := phrases.take_grade(page):
        fields["grade"], fields["purpose"] = grade, "lesson"


def _take(page: Page, found: quantities.Found | None) -> quantities.Found | None:
    if found:
        page.blank(found.start, found.end)
    return found


def _settle_mode(draft: _Draft, text: str) -> None:
    """A mode without a tonic gets a comfortable one, unless the chords say what the key is."""
    mode = draft.fields.pop("mode", None)
    if isinstance(mode, str) and draft.fields.get("key") is None and "chords" not in draft.fields:
        key = f"{phrases.tonic_for(mode, text)} {mode}"
        draft.fields["key"] = key
        draft.note("You named no tonic, so I took {key}.", key=key)


# --- vocabulary ----------------------------------------------------------------------------------


def _read_style(draft: _Draft, matches: Sequence[Match]) -> Style | None:
    choice = choose_style(draft.page.folded, matches, draft.words)
    if choice.style is None:
        if choice.ruled_out:
            draft.note(
                "I can't rule a style out yet; tell me which one you want instead of {style}.",
                style=choice.ruled_out[0].name(draft.locale),
            )
        return None
    draft.fields["style"] = choice.style.id
    if choice.in_three:
        draft.fields.setdefault("meter", "3/4")
    if choice.others:
        draft.note(
            "One style at a time for now: I took {style}, not {others}.",
            style=choice.style.name(draft.locale),
            others=", ".join(other.name(draft.locale) for other in choice.others),
        )
    return choice.style


def _read_length(draft: _Draft, matches: Sequence[Match]) -> None:
    size = next((m for m in matches if m.kind == "size" and not m.negated), None)
    if size and not {"seconds", "bars"} & draft.fields.keys():
        if any(m.id == "jingle" for m in matches):
            return
        draft.fields["seconds"] = lexicon.SIZES[size.id]
        draft.note("I took “{word}” as {seconds} seconds.", word=size.written,
                   seconds=f"{lexicon.SIZES[size.id]:g}")  # fmt: skip


def _read_pace(draft: _Draft, matches: Sequence[Match], style: Style | None) -> None:
    if "tempo" in draft.fields:
        return
    for match in matches:
        if match.kind == "tempo" and not match.negated:
            draft.fields["tempo"] = quantities.TEMPO_WORDS[match.id]
            return
    for match in matches:
        if match.kind == "pace":
            word = _OPPOSITE.get(match.id, match.id) if match.negated else match.id
            draft.fields["tempo"] = intake.pace(draft.words, word, style.id if style else None)
            return


def _bare_tempo(draft: _Draft, leftover: list[str], style: Style | None) -> list[str]:
    """A lone number that is a tempo of the style: "techno 135". Returns what is still left over."""
    numbers = [word for word in leftover if word.isdecimal() and len(word) <= 3]
    if style is None or draft.fields.get("tempo") is not None or len(numbers) != 1:
        return leftover
    tempo = float(numbers[0])
    if not 0.8 * style.tempo[0] <= tempo <= 1.25 * style.tempo[2]:
        return leftover
    draft.fields["tempo"] = tempo
    draft.note("I took {number} as the tempo.", number=numbers[0])
    return [word for word in leftover if word != numbers[0]]


# "not too fast": a little to the slow side, and the other way round.
_OPPOSITE = {"fast": "unhurried", "quick": "unhurried", "快": "unhurried", "slow": "uptempo",
             "慢": "uptempo"}  # fmt: skip


def _read_moods(draft: _Draft, matches: Sequence[Match]) -> None:
    """Moods in order when the words tell a course ("from calm to tense"), else blended into one."""
    catalogue = draft.words.moods
    said = [m for m in matches if m.kind == "mood"]
    moods = [m for m in said if not m.negated]
    unique = list(dict.fromkeys(m.id for m in moods))
    folded = draft.page.folded
    if len(unique) > 1:
        gaps = [folded[a.end : b.start] for a, b in pairwise(moods)]
        if any(_CURVE.search(gap) for gap in gaps):
            draft.fields["moods"] = tuple(key for key, _ in groupby(m.id for m in moods))
            return
        draft.fields["valence"] = _mean([catalogue[m].valence for m in unique])
        draft.fields["arousal"] = _mean([catalogue[m].arousal for m in unique])
        draft.note(
            "I took the middle of {moods}.",
            moods=", ".join(catalogue[m].name(draft.locale) for m in unique),
        )
    if unique:
        draft.fields["moods"] = tuple(unique[:1])
    elif said:  # only what it should not be: lean the other way on its stronger side
        mood = catalogue[said[0].id]
        side = "valence" if abs(mood.valence) >= abs(mood.arousal) else "arousal"
        value = mood.valence if side == "valence" else mood.arousal
        draft.fields[side] = -0.4 if value > 0 else 0.4
        draft.note("“{mood}” is to be avoided, so I lean the other way.",
                   mood=mood.name(draft.locale))  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 2)


def _read_purpose(draft: _Draft, matches: Sequence[Match]) -> None:
    """The first purpose; "song" yields to any other, as in "a song for my game".

    A podcast intro or an advert is a jingle only where it lasts as long as one: nobody who asks
    for twenty seconds of it asked for a jingle.
    """
    meant = [m for m in matches if "purpose" in m.meanings and not m.negated]
    said = [m.meanings["purpose"] for m in meant if _may_last(draft, m)]
    said = [p for p in said if p != "song"] or said
    if said and "purpose" not in draft.fields:
        draft.fields["purpose"] = said[0]


def _may_last(draft: _Draft, match: Match) -> bool:
    """Whether a purpose allows the seconds asked for; a jingle by its name is left to refuse."""
    seconds = draft.fields.get("seconds")
    lengths = draft.words.purposes[match.meanings["purpose"]].lengths
    by_name = any(name in match.written for name in ("jingle", "短曲"))
    return seconds is None or not lengths or seconds in lengths or by_name


def _read_players(draft: _Draft, matches: Sequence[Match], style: Style | None) -> None:
    lesson = draft.fields.get("grade") is not None or draft.fields.get("purpose") == "lesson"
    cast = choose_players(draft.page.folded, matches, draft.words, style, lesson)
    draft.fields["instruments"] = cast.wanted
    draft.fields["without"] = cast.refused
    draft.fields["ensemble"] = cast.ensemble
    if cast.ensemble and cast.left_out:
        draft.note(
            "A {ensemble} plays alone for now, so I left out: {instruments}.",
            ensemble=draft.words.ensembles[cast.ensemble].name(draft.locale),
            instruments=", ".join(_player(draft, i) for i in cast.left_out),
        )
    for match, instrument in cast.stand_ins:
        draft.note(
            "There is no “{written}” among my sounds; {instrument} stands in.",
            written=match.written,
            instrument=draft.words.instruments[instrument].name(draft.locale),
        )
    if cast.dropped_kits:
        draft.note("A piece has one drum kit; I kept the first.")
    if cast.completed:
        added = ", ".join(_player(draft, i) for i in cast.completed)
        draft.note("To fill out the band I added: {instruments}.", instruments=added)


def _player(draft: _Draft, key: str) -> str:
    words = draft.words
    entry = words.kits[key] if key in words.kits else words.instruments[key]
    return entry.name(draft.locale)

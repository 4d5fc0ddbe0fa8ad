"""A picture of every piece: a piano roll one can read the form from.

In: a `Score`. Out: a PNG, 1280 wide: title and facts, then one or more systems, each with section
bands, chord symbols, the notes coloured by track and brightened by velocity, a drum lane and bar
numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from bot.i18n import translate
from bot.recipe import clock, key_name
from bot.render import canvas
from bot.render.canvas import (
    BLUE,
    DIM,
    GOLD,
    LINE,
    ORANGE,
    PANEL,
    PAPER,
    PINK,
    PURPLE,
    SCALE,
    STRONG_LINE,
    TEAL,
    TEXT,
    WIDTH,
    Canvas,
    Colour,
    blend,
)
from bot.render.failures import disk_errors
from models import vocabulary
from models.score import Role, Score, Track

_LEFT, _RIGHT = 56, 24
_HEADER = 124
_BAND, _CHORDS, _NUMBERS, _GAP = 24, 22, 20, 18
_DRUM_ROW = 13
#: More bars than this and the picture gets another system, like a page of music.
_BARS_PER_SYSTEM = 36
_MOST_SYSTEMS = 4
_ROLL_HEIGHTS = (400, 260, 190, 160)  # by number of systems

_BLACK_KEYS: Colour = (27, 30, 38)

_ROLE_COLOURS: dict[Role, Colour] = {
    "melody": GOLD,
    "counter": PINK,
    "chords": BLUE,
    "pad": PURPLE,
    "bass": TEAL,
    "drums": (205, 213, 225),
    "other": ORANGE,
}
_MORE_COLOURS: tuple[Colour, ...] = (
    (152, 216, 92),
    (240, 110, 110),
    (110, 215, 240),
    (226, 150, 245),
    (214, 180, 140),
    (120, 150, 230),
)
_SECTION_COLOURS: tuple[Colour, ...] = (
    (58, 82, 122),
    (112, 74, 98),
    (62, 98, 88),
    (106, 88, 58),
    (86, 74, 124),
    (70, 78, 92),
)
#: Lanes of the drum part from the top, and the General MIDI notes on each.
_DRUM_LANES: tuple[tuple[str, frozenset[int]], ...] = (
    ("cymbals", frozenset({49, 51, 52, 53, 55, 57, 59})),
    ("hi-hat", frozenset({42, 44, 46})),
    ("toms", frozenset({41, 43, 45, 47, 48, 50})),
    ("snare", frozenset({37, 38, 39, 40})),
    ("kick", frozenset({35, 36})),
    ("percussion", frozenset()),  # everything else
)


def piano_roll(score: Score, path: Path, locale: str = "en") -> None:
    """Draw a score and save it as PNG.

    Raises
    ------
    DiskFull
        When there is no room for the file.
    """
    page = _Page.of(score, locale)
    _draw_header(page)
    for number in range(page.systems):
        _draw_system(page, _System.of(page, number))
    picture = page.image.reduce(SCALE)
    with disk_errors():
        picture.save(path, "PNG", compress_level=6)


@dataclass(frozen=True)
class _Page(Canvas):
    """The score with everything decided once: colours, lanes, sizes, pens."""

    score: Score
    locale: str
    colours: dict[int, Colour]  # index of the track -> colour
    lanes: tuple[tuple[str, frozenset[int]], ...]
    lowest: int
    highest: int
    systems: int
    bars_per_system: int

    @classmethod
    def of(cls, score: Score, locale: str) -> _Page:
        systems = min(_MOST_SYSTEMS, -(-score.bars // _BARS_PER_SYSTEM))
        pitches = [n.pitch for t in score.tracks if not t.is_drum for n in t.notes] or [60]
        missing = max(0, 24 - (max(pitches) - min(pitches)))  # never less than two octaves
        lowest, highest = min(pitches) - 1 - missing // 2, max(pitches) + 1 + missing // 2
        lanes = _lanes_of(score)
        height = _HEADER + systems * (_system_height(systems, len(lanes)) + _GAP)
        sheet = canvas.new(height)
        return cls(
            sheet.image, sheet.pen, sheet.fonts, score, locale, _colours(score.tracks), lanes,
            lowest, highest, systems, -(-score.bars // systems),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _System:
    """One line of music: bars `first`..`last` (exclusive) and where its parts lie on the page."""

    first: int
    last: int
    top: float
    roll_top: float
    roll_bottom: float
    drums_bottom: float
    left: float
    right: float
    beat_width: float
    bar_beats: float

    @classmethod
    def of(cls, page: _Page, number: int) -> _System:
        first = number * page.bars_per_system
        last = min(page.score.bars, first + page.bars_per_system)
        top = _HEADER + number * (_system_height(page.systems, len(page.lanes)) + _GAP)
        roll_top = top + _BAND + _CHORDS
        roll_bottom = roll_top + _ROLL_HEIGHTS[page.systems - 1]
        drums = 6 + _DRUM_ROW * len(page.lanes) if page.lanes else 0
        bar_beats = page.score.meter.bar_beats
        beat_width = (WIDTH - _LEFT - _RIGHT) / (page.bars_per_system * bar_beats)
        right = _LEFT + (last - first) * bar_beats * beat_width
        return cls(
            first, last, top, roll_top, roll_bottom, roll_bottom + drums, _LEFT, right,
            beat_width, bar_beats,
        )  # fmt: skip

    def x(self, beat: float) -> float:
        """Where a beat of the score lies, kept inside the system."""
        x = self.left + (beat - self.first * self.bar_beats) * self.beat_width
        return min(max(x, self.left), self.right)

    def shows(self, onset: float, end: float) -> bool:
        """Whether something from `onset` to `end` (beats) sounds in this system."""
        return end > self.first * self.bar_beats and onset < self.last * self.bar_beats


def _system_height(systems: int, lanes: int) -> int:
    drums = 6 + _DRUM_ROW * lanes if lanes else 0
    return _BAND + _CHORDS + _ROLL_HEIGHTS[systems - 1] + drums + _NUMBERS


def _lanes_of(score: Score) -> tuple[tuple[str, frozenset[int]], ...]:
    used = {n.pitch for t in score.tracks if t.is_drum for n in t.notes}
    named = frozenset[int]().union(*(notes for _, notes in _DRUM_LANES))
    lanes = [(name, notes or used - named) for name, notes in _DRUM_LANES]
    return tuple((name, frozenset(notes)) for name, notes in lanes if notes & used)


def _colours(tracks: Iterable[Track]) -> dict[int, Colour]:
    """The role's colour for the first track of a role, another for each one after it."""
    chosen: dict[int, Colour] = {}
    spare = 0
    for index, track in enumerate(tracks):
        role: Role = "drums" if track.is_drum else track.role
        colour = _ROLE_COLOURS[role]
        if colour in chosen.values():
            colour = _MORE_COLOURS[spare % len(_MORE_COLOURS)]
            spare += 1
        chosen[index] = colour
    return chosen


def _draw_header(page: _Page) -> None:
    score = page.score
    title = page.fonts.drawable(score.title, 30, bold=True) or "Segno"
    title = page.fitting(title, 30, WIDTH - 2 * _RIGHT - _LEFT, bold=True)
    page.text(_LEFT, 34, title, 30, TEXT, bold=True)
    tempi = sorted({round(t.bpm) for t in score.tempos})
    tempo = f"{tempi[0]}–{tempi[-1]}" if len(tempi) > 1 else f"{score.bpm:.4g}"
    facts = [
        _with_signs(key_name(str(score.key), page.locale)),
        str(score.meter),
        f"{tempo} BPM",
        translate("{count} bars", page.locale, count=score.bars),
        clock(score.seconds),
    ]
    page.text(_LEFT, 69, "  ·  ".join(facts), 16, DIM)
    x = float(_LEFT)
    for index, track in enumerate(score.tracks):
        if not track.notes:
            continue
        name = page.fonts.drawable(_track_name(track, page.locale), 14)
        if x + 18 + page.width_of(name, 14) > WIDTH - _RIGHT:
            page.text(x, 100, "…", 14, DIM)
            break
        page.box((x, 94, x + 12, 106), page.colours[index], radius=3)
        page.text(x + 18, 100, name, 14, TEXT)
        x += 18 + page.width_of(name, 14) + 22


def _with_signs(name: str) -> str:
    """Real flats and sharps in a chord symbol or at the start of a key's name."""
    tonic, space, mode = name.partition(" ")
    return tonic.replace("b", "♭").replace("#", "♯") + space + mode


def _track_name(track: Track, locale: str) -> str:
    words = vocabulary.load()
    catalogue = words.kits if track.is_drum else words.instruments
    entry = catalogue.find(track.name)
    return entry.name(locale) if entry else track.name or track.role


def _draw_system(page: _Page, system: _System) -> None:
    _draw_ground(page, system)
    _draw_sections(page, system)
    _draw_chords(page, system)
    # Long notes first, because pads would hide the guitar; what carries the tune goes on top.
    on_top: dict[Role, int] = {"counter": 1, "melody": 2}
    sounding = [i for i, t in enumerate(page.score.tracks) if t.notes and not t.is_drum]
    length = {i: fmean(n.duration for n in page.score.tracks[i].notes) for i in sounding}
    order = sorted(sounding, key=lambda i: (on_top.get(page.score.tracks[i].role, 0), -length[i]))
    for index in order:
        _draw_notes(page, system, page.score.tracks[index], page.colours[index])
    for index, track in enumerate(page.score.tracks):
        if track.is_drum:
            _draw_drums(page, system, track, page.colours[index])


def _draw_ground(page: _Page, system: _System) -> None:
    page.box((system.left, system.roll_top, system.right, system.roll_bottom), PANEL)
    for pitch in range(page.lowest, page.highest + 1):
        top, bottom = _pitch_box(page, system, pitch)
        if pitch % 12 in (1, 3, 6, 8, 10):
            page.box((system.left, top, system.right, bottom), _BLACK_KEYS)
        if pitch % 12 == 0:
            page.box((system.left, bottom - 0.5, system.right, bottom + 0.5), STRONG_LINE)
            page.text(
                system.left - 10, (top + bottom) / 2, f"C{pitch // 12 - 1}", 11, DIM, anchor="rm"
            )
    lanes_top = system.roll_bottom + 6
    for row, (name, _) in enumerate(page.lanes):
        y = lanes_top + row * _DRUM_ROW
        page.box((system.left, y, system.right, y + _DRUM_ROW - 1), PANEL)
        label = page.fitting(translate(name, page.locale), 10, _LEFT - 12)
        page.text(system.left - 8, y + _DRUM_ROW / 2, label, 10, DIM, anchor="rm")
    _draw_bar_lines(page, system)


def _draw_bar_lines(page: _Page, system: _System) -> None:
    bar_width = system.beat_width * system.bar_beats
    every = next(n for n in (1, 2, 4, 8, 16, 32) if n * bar_width >= 30)
    bottom = system.drums_bottom
    pulse = page.score.meter.pulse
    for bar in range(system.first, system.last + 1):
        x = system.x(bar * system.bar_beats)
        if bar < system.last and pulse * system.beat_width >= 12:
            steps = round(system.bar_beats / pulse)
            for step in range(1, steps):
                beat_x = system.x(bar * system.bar_beats + step * pulse)
                page.box((beat_x, system.roll_top, beat_x + 0.5, bottom), LINE)
        strong = bar_width >= 8 or bar % every == 0
        if strong:
            page.box((x - 0.5, system.roll_top, x + 0.5, bottom), STRONG_LINE)
        if bar < system.last and (bar % every == 0):
            page.text(x + 3, bottom + 10, str(bar + 1), 11, DIM)


def _draw_sections(page: _Page, system: _System) -> None:
    labels = sorted({s.label for s in page.score.sections})
    for section in page.score.sections:
        start = section.start_bar * system.bar_beats
        end = start + section.bars * system.bar_beats
        if not system.shows(start, end):
            continue
        left, right = system.x(start), system.x(end)
        colour = _SECTION_COLOURS[labels.index(section.label) % len(_SECTION_COLOURS)]
        page.box((left + 1, system.top, right - 1, system.top + _BAND - 4), colour, radius=4)
        name = page.fonts.drawable(_section_name(section.name, page.locale), 13)
        name = page.fitting(name, 13, right - left - 12)
        page.text(left + 8, system.top + (_BAND - 4) / 2, name, 13, TEXT)


def _section_name(name: str, locale: str) -> str:
    # Only words go to the catalogue: a stranger's file may call a section "{0}".
    return translate(name, locale) if name.replace("-", "").isalpha() else name


def _draw_chords(page: _Page, system: _System) -> None:
    """Chord symbols where there is room: those on bar lines first, repeats left out."""
    y = system.roll_top - _CHORDS / 2
    shown: list[tuple[float, float]] = []
    inside = [
        (c.onset, _with_signs(c.chord.symbol))
        for c in page.score.chords
        if system.shows(c.onset, c.onset + c.duration)
    ]
    fresh = [
        (onset, name)
        for (onset, name), before in zip(inside, [(0.0, ""), *inside], strict=False)
        if name != before[1]
    ]
    size = 13 if system.beat_width * system.bar_beats >= 40 else 10
    for onset, name in sorted(fresh, key=lambda c: (c[0] % system.bar_beats > 0, c[0])):
        left = system.x(onset) + 2
        name = page.fonts.drawable(name, size)
        right = left + page.width_of(name, size)
        if right < WIDTH - 4 and all(right + 4 <= a or left >= b + 4 for a, b in shown):
            shown.append((left, right))
            page.text(left, y, name, size, TEXT)


def _pitch_box(page: _Page, system: _System, pitch: int) -> tuple[float, float]:
    height = (system.roll_bottom - system.roll_top) / (page.highest - page.lowest + 1)
    top = system.roll_top + (page.highest - pitch) * height
    return top, top + height


def _draw_notes(page: _Page, system: _System, track: Track, colour: Colour) -> None:
    rim = blend(colour, PAPER, 0.25)
    for note in track.notes:
        if not system.shows(note.onset, note.end):
            continue
        left, right = system.x(note.onset), max(system.x(note.end), system.x(note.onset) + 2)
        top, bottom = _pitch_box(page, system, note.pitch)
        grow = max(0.0, (4 - (bottom - top)) / 2)  # never thinner than 4 px
        fill = blend(colour, PANEL, 0.45 + 0.55 * note.velocity / 127)
        page.box((left, top - grow, right, bottom + grow), rim, radius=2)
        page.box((left + 0.5, top - grow + 0.5, right - 0.5, bottom + grow - 0.5), fill, radius=2)


def _draw_drums(page: _Page, system: _System, track: Track, colour: Colour) -> None:
    rows = {pitch: row for row, (_, notes) in enumerate(page.lanes) for pitch in notes}
    width = min(4.0, max(1.5, system.beat_width / 5))
    for note in track.notes:
        if not system.shows(note.onset, note.onset + 1e-6):
            continue
        x = system.x(note.onset)
        bottom = system.roll_bottom + 6 + (rows[note.pitch] + 1) * _DRUM_ROW - 2
        height = 3 + (_DRUM_ROW - 5) * note.velocity / 127
        fill = blend(colour, PANEL, 0.4 + 0.6 * note.velocity / 127)
        page.box((x, bottom - height, x + width, bottom), fill, radius=1)

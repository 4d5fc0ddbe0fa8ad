"""The bass: chord basses on the changes, fifths, octaves and approach notes in between.

In: the stage and a part. Out: notes, one at a time. A chord change always gets the chord's bass;
approach notes step into the next one from the key or by a semitone (walking bass after Levine,
*The Jazz Theory Book*, 1995, ch. 5).
"""

from __future__ import annotations

from models.arranger import patterns
from models.arranger.comp import struck
from models.arranger.patterns import Hit
from models.arranger.stage import Bar, Stage, nearest, plays
from models.planner.plan import Part
from models.score import Note
from models.theory import QUALITIES, Chord

_JAZZ_SWING = 0.58  # from here on, approach notes may be chromatic


def bass(stage: Stage, part: Part, order: int, everywhere: bool) -> list[Note]:
    """The bass part; further ones (`order` > 0) hold the roots only."""
    name = "root" if order or stage.plan.grade is not None else stage.style.bassline
    player = _Player(stage, part)
    found: list[Note] = []
    for bar in stage.bars:
        if not plays(bar, part, everywhere):
            continue
        density = 0.0 if stage.plan.grade is not None else bar.planned.density
        row = patterns.line("bassline", name, stage.plan.meter, bar.of_section, density)
        hits = [] if bar.is_final else patterns.hits(row)
        for hit in struck(stage, bar, hits):
            pitch = player.pitch(hit, bar)
            if pitch is not None:
                velocity = stage.velocity("bass", bar, hit.onset)
                found.append(Note(hit.onset, pitch, hit.duration, velocity))
    return found


class _Player:
    """Remembers where the hand is: the last pitch and the last chord bass."""

    def __init__(self, stage: Stage, part: Part) -> None:
        self.stage, self.low, self.high = stage, part.low, part.high
        self.home = part.low + (part.high - part.low) / 3  # basses live in the lower part
        self.last: float = self.home
        self.root: int | None = None

    def pitch(self, hit: Hit, bar: Bar) -> int | None:
        """What to play for a hit of the pattern."""
        placed = self.stage.chord_at(hit.onset)
        chord = placed.chord
        on_change = abs(hit.onset - max(placed.onset, bar.start)) < 1e-6
        if on_change or hit.what in "rxX" or self.root is None:
            pitch = self._bass_of(chord, hit.what)
            self.root = pitch
        else:
            pitch = self._between(hit, chord)
        if pitch is not None:
            self.last = pitch
        return pitch

    def _bass_of(self, chord: Chord, what: str) -> int | None:
        tonic = self.stage.plan.key.tonic_pc
        pc = tonic if what == "p" and tonic in chord.pcs else chord.bass_pc
        return self._near(pc, (self.last + self.home) / 2)

    def _near(self, pc: int, to: float) -> int | None:
        return nearest([pc], to, self.low, self.high)

    def _between(self, hit: Hit, chord: Chord) -> int | None:
        tones = QUALITIES[chord.quality]
        root = self.root if self.root is not None else self.low
        match hit.what:
            case "o":
                return next((p for p in (root + 12, root - 12, root) if self._fits(p)), root)
            case "5":
                fifth = next((t for t in (7, 6, 8) if t in tones), 0)
                return self._near(chord.root_pc + fifth, root + 5)
            case "3":
                third = next((t for t in (4, 3, 5, 2) if t in tones), 7)
                return self._near(chord.root_pc + third, root + 4)
            case "n":
                coming = self._coming(hit)
                return self._near((coming or chord).bass_pc, self.last)
            case "a":
                return self._approach(hit, chord)
            case "w":
                return self._walk(hit, chord)
        return self._bass_of(chord, hit.what)

    def _fits(self, pitch: int) -> bool:
        return self.low <= pitch <= self.high

    def _coming(self, hit: Hit) -> Chord | None:
        """The next chord when it follows this hit, else None."""
        end = hit.onset + hit.duration
        if abs(self.stage.ends_at(hit.onset) - end) > 1e-6:
            return None
        coming = self.stage.next_chord(hit.onset)
        return coming.chord if coming else None

    def _approach(self, hit: Hit, chord: Chord) -> int | None:
        coming = self._coming(hit)
        if coming is None or coming.bass_pc == chord.bass_pc:
            return self._between(Hit(hit.onset, hit.duration, "5"), chord)
        target = self._near(coming.bass_pc, (self.last + self.home) / 2)
        if target is None:
            return None
        key, swing = self.stage.plan.key, self.stage.plan.swing
        steps = [target + s for s in (-1, 1, -2, 2) if self._fits(target + s)]
        wanted = [p for p in steps if p % 12 in key.scale or (swing >= _JAZZ_SWING and p < target)]
        return min(wanted or steps or [target], key=lambda p: (abs(p - self.last), p))

    def _walk(self, hit: Hit, chord: Chord) -> int | None:
        """A chord tone or scale step on the way to the next chord's bass."""
        coming = self.stage.next_chord(hit.onset)
        goal = self._near((coming.chord if coming else chord).bass_pc, self.home) or self.last
        left = max(1.0, (self.stage.ends_at(hit.onset) - hit.onset) / max(hit.duration, 0.25))
        ideal = self.last + (goal - self.last) / left
        allowed = {*chord.pcs, *self.stage.plan.key.scale}
        options = [
            p
            for p in range(self.low, self.high + 1)
            if p % 12 in allowed and p != self.last and abs(p - self.last) <= 7
        ]

        def cost(p: int) -> tuple[float, int]:
            return abs(p - ideal) + (0 if p % 12 in chord.pcs else 1.5), p

        return min(options, key=cost, default=None) or self._bass_of(chord, "r")

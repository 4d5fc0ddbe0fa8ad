"""`piece.json`: everything needed to know, re-make, vary or extend a piece.

In: a plan and what was found when its files were read back. Out: a file beside the audio, and the
facts that a reply may state. The brief is kept in its public form, so that
`python -m bot compose --brief` can make the piece again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from bot.domain import Act, Pen, Use
from models.errors import Refusal
from models.lyrics import Lyrics
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.planner.plan import Plan
from models.verify import Check, failed

_PLAN = TypeAdapter(Plan)
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a piece comes from: its parent's id and how it was made from it."""

    parent: str | None = None
    how: Literal["compose", "take", "extend", "edit"] | Use | Act | Pen = "compose"


@dataclass(frozen=True, slots=True)
class PieceFile:
    """One piece as its folder remembers it; `melody_seed` draws the melody over `plan`.

    `locale` ("en" or "zh") is the language of its title and picture. `done` says what was done to
    other music to make it (`bot.rework`); its facts keep it. `lyrics` are the words that are sung
    to its melody; a piece without words has None.
    """

    brief: Brief
    plan: Plan
    melody_seed: int
    lineage: Lineage = field(default_factory=Lineage)
    take: int = 0
    locale: str = "en"
    id: str = ""
    verification: tuple[Check, ...] = ()
    done: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    lyrics: Lyrics | None = None

    def save(self, folder: Path) -> None:
        """Write `piece.json` into the piece's folder."""
        data = {
            "format": _FORMAT,
            "id": self.id,
            "brief": self.brief.to_json(),
            "plan": _PLAN.dump_python(self.plan, mode="json"),
            "take": self.take,
            "melody_seed": self.melody_seed,
            "locale": self.locale,
            "lineage": asdict(self.lineage),
            "verification": [asdict(c) for c in self.verification],
            "facts": dict(self.facts),
            "lyrics": self.lyrics.to_json() if self.lyrics else None,
        }
        text = json.dumps(data, ensure_ascii=False, indent=1)
        (folder / "piece.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> PieceFile:
        """Read `piece.json` from a piece's folder.

        Raises
        ------
        Refusal
            When the piece is not there any more.
        """
        try:
            data = json.loads((folder / "piece.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise Refusal(
                "That piece is not here any more; make it again from its recipe with /compose."
            ) from None
        words = data.get("lyrics")  # pieces from before there were words have none
        return cls(
            brief=brief_from_json(data["brief"]),
            plan=_PLAN.validate_python(data["plan"]),
            melody_seed=data["melody_seed"],
            lineage=Lineage(**data["lineage"]),
            take=data["take"],
            locale=data["locale"],
            id=data["id"],
            verification=tuple(Check(**c) for c in data["verification"]),
            facts=data["facts"],
            lyrics=Lyrics.from_json(words) if words else None,
        )


def facts_of(
    piece: PieceFile, checks: tuple[Check, ...], tries: int, seconds: float
) -> dict[str, Any]:
    """What a reply may state, as JSON values and ids; `seconds` is the length of the sound."""
    plan = piece.plan
    sections = [s.section for s in plan.sections]
    return {
        "title": plan.title,
        "style": plan.style,
        "moods": list(piece.brief.moods),
        "purpose": plan.purpose,
        "key": str(plan.key),
        "tempo": round(plan.bpm, 3),
        "meter": str(plan.meter),
        "bars": plan.bars,
        "seconds": round(seconds, 3),
        "instruments": list(dict.fromkeys(p.instrument for p in plan.parts)),
        "form": [{"name": s.name, "label": s.label, "bars": s.bars} for s in sections],
        "chords": [c.chord.symbol for c in plan.chords if c.onset < 8 * plan.meter.bar_beats],
        "seed": piece.done.get("seed", plan.seed),  # an edit leaves the plan's seed as it was
        "take": piece.take,
        **({"rework": dict(piece.done)} if piece.done else {}),
        "verification": {
            "passed": len(checks) - len(failed(checks)),
            "of": len(checks),
            "failed": [f"{c.name}: asked {c.asked}, found {c.found}" for c in failed(checks)],
            "tries": tries,
        },
    }

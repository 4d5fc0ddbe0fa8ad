"""Benchmarks: each prints a table of measures with its cases, seed and comparison.

In: `python -m bot bench NAME`. Out: a `Table`, printed or as one JSON object. A benchmark measures
and compares within one run; nothing here asserts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One measure: its value, the unit, and what it is to be compared with."""

    value: float
    unit: str = ""
    target: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What a benchmark found."""

    name: str
    cases: int
    seed: int
    rows: Mapping[str, Row]
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints; `measures` maps names to plain numbers."""
        return {
            "bench": self.name,
            "cases": self.cases,
            "seed": self.seed,
            "measures": {name: row.value for name, row in self.rows.items()},
            "targets": {name: row.target for name, row in self.rows.items() if row.target},
            "references": {n: row.reference for n, row in self.rows.items() if row.reference},
            "notes": list(self.notes),
            "details": dict(self.details),
        }

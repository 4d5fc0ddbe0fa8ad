"""Single fields of an export: names, numbers and times, whatever a file has in their place.

In: any JSON value or CSV cell. Out: a clean name ("" for none), a finite number or None, UTC epoch
seconds or None. Names that could not be decoded count as none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from models.recommender.names import clean

_FORMATS = ("%Y-%m-%d %H:%M", "%d %b %Y, %H:%M", "%d %b %Y %H:%M", "%Y-%m-%d %H:%M:%S %z")


def word(value: object) -> str:
    """A name fit to keep, or ""."""
    if not isinstance(value, str) or "\ufffd" in value:
        return ""
    return clean(value)


def number(value: object) -> float | None:
    """A finite number, also one in writing; not a truth value."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: object) -> float | None:
    """UTC epoch seconds of an epoch number, an ISO time or one of the forms that exports have.

    Times without a zone are UTC.
    """
    if (epoch := number(value)) is not None:
        return epoch if abs(epoch) < 1e11 else epoch / 1000  # milliseconds, from 1973 on
    if not isinstance(value, str):
        return None
    text = value.strip()[:40]
    for parse in (datetime.fromisoformat, *(_as(form) for form in _FORMATS)):
        try:
            found = parse(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
    return None


def mapping(value: object) -> Mapping[str, Any]:
    """An object of a JSON file; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def _as(form: str) -> Any:
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007 - the caller adds the zone

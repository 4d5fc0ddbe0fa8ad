"""The types of tools' arguments: what JSON may hold, and how much of it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

#: Characters of a name or phrase, and of a person's own words; entries of a list.
LONGEST, LONGEST_WORDS, MOST = 500, 2000, 20

Text = Annotated[str, StringConstraints(max_length=LONGEST, strip_whitespace=True)]
Words = Annotated[str, StringConstraints(max_length=LONGEST_WORDS, strip_whitespace=True)]


def _listed(value: Any) -> Any:
    """A list; chat models also write "piano, violin", and "" for none."""
    if isinstance(value, str):
        return [part for part in (p.strip() for p in re.split(r"[,，、;；]", value)) if part]
    return value


Names = Annotated[tuple[Text, ...], Field(max_length=MOST), BeforeValidator(_listed)]
#: A slider: -2 much less, -1 a bit less, 1 a bit more, 2 much more, 0 as it is.
Slider = Annotated[int, Field(ge=-2, le=2)]

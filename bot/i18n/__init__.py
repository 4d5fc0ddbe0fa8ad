"""Two languages from gettext catalogues: English is the message id, Chinese is read from `.po`.

In: an English template with `{name}` placeholders (also what `models.errors.Refusal` carries) and
a language, "en" or "zh". Out: the sentence in that language, formatted. The catalogue is read once
into a dictionary by Babel, so there is no compile step to forget. Command and option names live
under the gettext context "name", because Discord wants them lower case and without spaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

#: Languages the bot answers in; everything else is answered in English.
LANGUAGES = ("en", "zh")

_PO = Path(__file__).parent / "locales" / "zh_CN" / "LC_MESSAGES" / "segno.po"


@lru_cache(maxsize=1)
def chinese() -> Mapping[tuple[str | None, str], str]:
    """(context, English) -> Chinese, for every translated entry of the catalogue."""
    with _PO.open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    return {
        (message.context, str(message.id)): str(message.string)
        for message in catalogue
        if message.id and message.string
    }


def language(locale: object, preference: str = "auto") -> str:
    """Tell "en" or "zh": what the person chose, else what their Discord client speaks."""
    if preference in LANGUAGES:
        return preference
    return "zh" if str(locale).startswith("zh") else "en"


def translate(template: str, locale: str = "en", **values: object) -> str:
    """`template` in a language with its values filled in; English where nothing is translated."""
    if locale == "zh":
        known = chinese()
        template = known.get((None, template), template)
        # A refusal may name what it expected ("a whole number") in words of our own.
        values = {
            k: known.get((None, v), v) if isinstance(v, str) else v for k, v in values.items()
        }
    return template.format(**values)


def command_name(name: str) -> str | None:
    """The Chinese name of a command or option, or None where there is none."""
    return chinese().get(("name", name))

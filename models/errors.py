"""The one exception a person may see: a sentence that says what is wrong and what to do.

In: an English template and its values. Out: `str(error)` in English; whoever talks to the person
translates `template` first (gettext message ids are the English templates) and then formats it.
"""

from __future__ import annotations


class Refusal(ValueError):
    """Something a person asked for cannot be done; `template` is one clear sentence with a remedy.

    Parameters
    ----------
    template : str
        English sentence with `{name}` placeholders; also the gettext message id.
    **values : object
        What the placeholders stand for. Never markup, never a path of the host.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template.format(**values))
        self.template = template
        self.values = values

    def __reduce__(self) -> tuple[object, ...]:
        # Refusals cross process borders (worker -> bot); keyword-only values need help to pickle.
        return _rebuild, (self.template, self.values)


def _rebuild(template: str, values: dict[str, object]) -> Refusal:
    return Refusal(template, **values)

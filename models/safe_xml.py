"""XML from strangers to an element tree, with what a score has no use for refused first.

In: the bytes of a document. Out: its root. Expat goes over the bytes once before a tree is built,
because only Expat itself sees through UTF-16 and the like: a search of the bytes for "<!ENTITY"
(billion laughs, XXE) does not. Nothing is ever fetched: without a handler Expat opens no
external entity. The attacks are those of https://docs.python.org/3/library/xml.html#xml-security.
"""

from __future__ import annotations

from typing import NoReturn
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

from models.errors import Refusal

_DEPTH = 64  # MusicXML nests about a dozen deep
_ELEMENTS = 400_000  # 8 MiB of a real score


class Malformed(ValueError):
    """The bytes are no XML, or none that a program for music would write."""


def parse(data: bytes) -> Element:
    """The root of a document.

    Raises
    ------
    Malformed
        When it is broken, nested deeper than 64 or has over 400,000 elements.
    Refusal
        When it defines entities.
    """
    depth = count = 0

    def opened(*_: object) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _DEPTH or count > _ELEMENTS:
            raise Malformed("nested too deep, or too much")

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    gate = expat.ParserCreate()
    gate.StartElementHandler = opened
    gate.EndElementHandler = closed
    gate.EntityDeclHandler = _refuse
    try:
        gate.Parse(data, True)
        return ElementTree.fromstring(data)  # noqa: S314 - the gate has seen it
    except (Malformed, Refusal):
        raise
    except (expat.ExpatError, ElementTree.ParseError, LookupError, ValueError) as error:
        raise Malformed(str(error)) from error


def _refuse(*_: object) -> NoReturn:
    raise Refusal("This MusicXML file defines entities, which I do not read; export it again.")

"""Every sentence the code can say, found in its syntax trees.

A message id is a string literal (or a module constant) that is handed to something that speaks:
`translate`, `Refusal`, `Progress`, a command's description. The runner's and the policy's sentences
are upper-case constants.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "cogs", "models", "storage")
#: Calls whose argument at this place is a message id.
SPEAKS = {
    "translate": 0,
    "Refusal": 0,
    "Progress": 2,
    "Verdict": 1,
    "_list": 3,
    "_within": 0,
    "note": 0,
}
_SENTENCE = re.compile(r"[A-Z/“*🎼{].* .*(?:[.!?:;…]|\n> [^\n]+)$", re.DOTALL)


def message_ids():
    """(message id, where it is said) for every message of the program."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "bench" in path.parts:
                continue
            for text in _said(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault(text, str(path.relative_to(ROOT)))
    return found


def _said(tree):
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            name = getattr(target, "id", "")
            constants[name] = node.value
            if name.endswith("CHOICES"):  # what a command offers
                yield from _strings(node.value, {})
            if name.strip("_").isupper():
                yield from (t for t in _strings(node.value, {}) if _SENTENCE.match(t))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "expected":
            yield from _strings(node.value, constants)
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        place = SPEAKS.get(name)
        if place is not None and len(node.args) > place:
            yield from _strings(node.args[place], constants)
        if name == "Refusal":
            for value in node.keywords:
                if value.arg == "expected":
                    yield from _strings(value.value, constants)
        if name == "describe":
            for value in node.keywords:
                yield from _strings(value.value, constants)
        if name in ("command", "Group"):
            for value in node.keywords:
                if value.arg == "description":
                    yield from _strings(value.value, constants)


def _strings(node, constants):
    """The strings an expression can be: literals, both sides of a choice, values of a table."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _strings(node.body, constants)
        yield from _strings(node.orelse, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _strings(constants[node.id], constants)
    elif isinstance(node, ast.Subscript):
        yield from _strings(node.value, constants)
    elif isinstance(node, ast.Dict | ast.BoolOp):
        for value in node.values:
            yield from _strings(value, constants)
    elif isinstance(node, ast.Tuple):  # several phrasings of one thing
        for value in node.elts:
            yield from _strings(value, constants)

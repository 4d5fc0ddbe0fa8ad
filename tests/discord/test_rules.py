"""The rules can fail: each documented limit, broken on purpose."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from discord_rules import broken_rules


def button(n, **more):
    return {"type": 2, "style": 1, "label": "x", "custom_id": str(n), **more}


def row(*children):
    return {"type": 1, "components": list(children)}


def menu(options):
    return {"type": 3, "custom_id": "m", "options": options}


def option(n):
    return {"label": str(n), "value": str(n)}


BROKEN = {
    "content": {"content": "x" * 2001, "allowed_mentions": {"parse": []}},
    "attachments": {"attachments": [{"id": n, "filename": "x"} for n in range(11)]},
    "embed": {"embeds": [{"description": "x" * 4097}]},
    "embeds": {"embeds": [{"description": "x" * 3001}] * 2},
    "custom_id": {"components": [row(button("x" * 101))]},
    "twice": {"components": [row(button("a"), button("a"))]},
    "label": {"components": [row(button("a", label="x" * 81))]},
    "row": {"components": [row(*(button(n) for n in range(6)))]},
    "rows": {"components": [row(button(n)) for n in range(6)]},
    "options": {"components": [row(menu([option(n) for n in range(26)]))]},
    "menu row": {"components": [row(menu([option(1)]), button(2))]},
    "choices": {"data": {"choices": [{"name": "x", "value": "x"}] * 26}},
    "choice": {"data": {"choices": [{"name": "x" * 101, "value": "x"}]}},
    "mentions": {"content": "@everyone", "allowed_mentions": {"parse": ["everyone"]}},
    "mentions by default": {"content": "@everyone"},
    "nonce": {"nonce": "x" * 26},
    "modal": {"data": {"title": "x" * 46, "components": []}},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_found(name):
    request = SimpleNamespace(method="POST", path="/channels/1/messages", json=BROKEN[name])
    assert broken_rules([request]) != []


@pytest.mark.parametrize("bad", [{"name": "Compose"}, {"name": "x" * 33}, {"description": ""},
                                 {"description": "x" * 101},
                                 {"name_localizations": {"zh-CN": "作 曲"}}])  # fmt: skip
def test_a_broken_command_is_found(bad):
    command = {"name": "compose", "description": "x", "options": [], **bad}
    request = SimpleNamespace(method="PUT", path="/applications/1/commands", json=[command])
    assert broken_rules([request]) != []


def test_discords_own_document_finds_what_has_the_wrong_shape(spec):
    if spec is None:
        pytest.skip("needs Discord's OpenAPI document: pytest --data DIR")

    def wrong(method, path, body):
        return broken_rules([SimpleNamespace(method=method, path=path, json=body)], spec)

    assert (
        wrong(
            "POST", "/channels/1/messages", {"content": "fine", "allowed_mentions": {"parse": []}}
        )
        == []
    )
    assert wrong("POST", "/channels/1/messages", {"content": 5}) != []
    assert wrong("POST", "/channels/1/nothing", {"content": "x"}) != []
    assert wrong("POST", "/interactions/1/abc/callback", {"type": "four"}) != []
    edit = "/webhooks/1/abc/messages/@original"
    assert wrong("PATCH", edit, {"components": [{"type": "row", "components": []}]}) != []

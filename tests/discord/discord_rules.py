"""Discord's rules for what a bot sends, held against every request of a scenario.

The explicit rules are the documented limits that Discord's own OpenAPI document leaves out
(discord-api-docs, "Message", "Component", "Application Command"); the document itself is used where
the folder of test data has a copy.
"""

from __future__ import annotations

import re
from functools import lru_cache

NAME = re.compile(r"^[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}$")
V2 = 1 << 15


def broken_rules(requests, spec=None):
    """What is wrong with a scenario's requests, one line for each."""
    found = []
    for request in requests:
        body = request.json
        if isinstance(body, list):
            found += [p for command in body for p in command_rules(command)]
        elif isinstance(body, dict):
            found += message_rules(body.get("data", body) or {})
        if spec is not None and body is not None:
            found += schema_rules(spec, request)
    return found


def message_rules(body):
    """Limits of messages, components, modals and autocomplete answers."""
    found = []

    def rule(holds, text):
        if not holds:
            found.append(f"{text}: {str(body)[:300]}")

    content = str(body.get("content") or "")
    rule(len(content) <= 2000, "content over 2000 characters")
    rule(len(body.get("attachments") or ()) <= 10, "more than 10 attachments")
    embeds = [embed.get("description") or "" for embed in body.get("embeds") or ()]
    rule(len(embeds) <= 10, "more than 10 embeds")
    rule(all(1 <= len(text) <= 4096 for text in embeds), "an embed over 4096 characters, or empty")
    rule(sum(map(len, embeds)) <= 6000, "embeds over 6000 characters")
    rule(len(body.get("choices") or ()) <= 25, "more than 25 choices")
    for choice in body.get("choices") or ():
        rule(
            1 <= len(choice["name"]) <= 100 and len(str(choice["value"])) <= 100, "choice over 100"
        )
    rule(len(str(body.get("nonce") or "")) <= 25, "nonce over 25 characters")
    if "title" in body:
        rule(1 <= len(body["title"]) <= 45, "modal title over 45")
        rule(len(body["components"]) <= 5, "modal of more than 5 rows")
    mentions = body.get("allowed_mentions")
    harmless = mentions is not None and not mentions.get("parse")
    rule(harmless or not content, "a message that may mention")
    rule(not body.get("flags", 0) & V2 or not content, "content beside components v2")
    rows = body.get("components") or ()
    rule(len(rows) <= 5 or "title" in body, "more than 5 rows")
    ids = []
    for row in rows:
        children = row.get("components") or ([row["component"]] if "component" in row else [])
        rule(len(children) <= 5, "more than 5 components in a row")
        rule(
            not any(c["type"] == 3 for c in children) or len(children) == 1, "a menu shares its row"
        )
        for child in children:
            ids.append(child.get("custom_id"))
            rule(1 <= len(child.get("custom_id") or "") <= 100, "custom_id over 100")
            rule(len(child.get("label") or "") <= 80, "label over 80")
            rule(child["type"] != 2 or child.get("label") or child.get("emoji"), "an empty button")
            options = child.get("options") or ()
            rule(child["type"] != 3 or 1 <= len(options) <= 25, "a menu of 0 or more than 25")
            rule(len({o["value"] for o in options}) == len(options), "two options of one value")
            rule(all(1 <= len(o["label"]) <= 100 for o in options), "an option label over 100")
            rule(len(child.get("placeholder") or "") <= 150, "placeholder over 150")
            rule(
                len(child.get("value") or "") <= child.get("max_length", 4000), "value over its max"
            )
    rule(len(set(ids)) == len(ids), "two components of one custom_id")
    return found


def command_rules(command, depth=0):
    """Limits of commands, options and choices, with every localisation."""
    found = []
    if command.get("type", 1) in (2, 3) and not depth:  # a context menu has only a name to show
        texts = [command["name"], *(command.get("name_localizations") or {}).values()]
        return [f"name {t!r}" for t in texts if not 1 <= len(t) <= 32]
    for field, most in (("name", 32), ("description", 100)):
        texts = [command[field], *(command.get(f"{field}_localizations") or {}).values()]
        found += [f"{field} {t!r}" for t in texts if not 1 <= len(t) <= most]
        if field == "name":
            found += [f"name {t!r}" for t in texts if not NAME.match(t) or t != t.lower()]
    options = command.get("options") or []
    found += [f"{len(options)} options"] if len(options) > 25 else []
    needed = [bool(o.get("required")) for o in options]
    found += ["a required option after an optional one"] if needed != sorted(needed)[::-1] else []
    for option in options:
        for choice in option.get("choices") or ():
            texts = [choice["name"], *(choice.get("name_localizations") or {}).values()]
            found += [f"choice {t!r}" for t in texts if not 1 <= len(t) <= 100]
        found += [f"{command['name']} > {p}" for p in command_rules(option, depth + 1)]
    return found


def schema_rules(spec, request):
    """What Discord's OpenAPI document says about a request, or nothing where it does not say."""
    for pattern, path in _routes(spec):
        if not pattern.fullmatch(request.path):
            continue
        operation = spec.document["paths"][path].get(request.method.lower())
        if operation is None or "requestBody" not in operation:
            return []
        pointer = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
        reference = f"#/paths/{pointer}/{request.method.lower()}/requestBody/content"
        errors = spec.errors(reference + "/application~1json/schema", request.json)
        return [f"{request.method} {path}: {e}" for e in errors]
    return [f"Discord has no {request.method} {request.path}"]


@lru_cache(maxsize=1)
def _routes(spec):
    """Patterns for paths, those with most fixed parts first ("@original" before a message id)."""
    paths = sorted(spec.document["paths"], key=lambda p: p.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", p)), p) for p in paths]

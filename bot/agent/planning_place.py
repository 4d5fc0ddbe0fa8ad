"""Changes that no slot holds: a section cut or played twice, "speed it up", "too loud".

In: a `Told` of intent "edit" whose slots say where, and not what. Out: steps, or arguments of the
tool "edit", from the words beside the slots; nothing where they do not say it either.
"""

from __future__ import annotations

import re
from typing import Any

from bot.agent.meaning import answers, manner, spans, speed
from bot.agent.meaning.words import fold, strength
from bot.agent.planning_said import Notes, Told
from bot.agent.values import Step

WHOLE_SECTIONS = "I cut whole sections or bars; say which bars, such as “cut bars 1 to 4”."
_AGAIN = (
    r"\b(?:re-?write|re-?do|re-?roll|re-?harmoni[sz]e|new|another|different|boring|change|fresh|other"
    r"|again|off|bad|wrong|don'?t\s+like|hate|replace)\b|重写|重做|换|重新|不好|无聊|难听|别的|新的|改"
)
_LOUD = r"\btoo\s+loud|\bway\s+too\s+loud|\bturn\b.*\bdown|太[响吵大]|太大声|调小|小声"
_SOFT = (
    r"\btoo\s+(?:quiet|soft|weak|faint)|\bturn\b.*\bup|can'?t\s+hear"
    r"|太[弱小轻]|听不[见清到]|调大|大声"
)
_CUT = (
    r"\b(?:cut|delete|remove|drop|trim|skip|lose|get\s+rid|take\s+out|chop|kill|without|no|can\s+go)\b"
    r"|删|砍|去掉|剪|不要(?!那么|这么|太)|拿掉"
)
_TWICE = r"\b(?:repeat|twice|two\s+times)\b|重复|两遍|再来一遍|来两次"
MORE = r"\b(?:add|another|extra|one\s+more|append|put\s+in|needs?\s+an?)\b|[加添]|再来一?段"


def whole_place(frame: Told, notes: Notes) -> tuple[Step, ...]:
    """A section or bars as a whole: cut out, played twice, added, written again."""
    sections = [spans.section(w) for w in frame.all("section")]
    bars = [b for w in frame.all("bars") if (b := spans.bars(w))]
    if not (sections or bars):
        return ()
    places = [*sections, *(f"bars {b}" if b[0].isdigit() else b for b in bars)]
    if frame.says(_TWICE):
        return (frame.step("edit", which=frame.which, repeat=places),)
    if frame.says(r"\b(?:half|in\s+half)\b|一半") and frame.says(rf"{_CUT}|\bshort|短"):
        notes.add((WHOLE_SECTIONS, {}))
        return ()
    if cut := _cut(frame):
        return (frame.step("edit", which=frame.which, cut=cut),)
    if sections and frame.says(MORE):
        return tuple(frame.step("extend", which=frame.which, section=s) for s in sections)
    if from_text(frame) or not frame.says(_AGAIN):
        return ()
    return tuple(
        frame.step("edit", which=frame.which, reroll=["melody"], **p) for p in frame.places
    )


def _cut(frame: Told) -> list[str]:
    """The places to take out: those named in a sentence that says so."""
    out: list[str] = []
    for sentence in re.split(r"[.;!?。；！？]", frame.text):
        if re.search(_CUT, fold(sentence), re.ASCII):
            out += [spans.section(w) for w in frame.all("section") if w in sentence]
            bars = [spans.bars(w) for w in frame.all("bars") if w in sentence]
            out += [f"bars {b}" if b[0].isdigit() else b for b in bars if b]
    return out


def from_text(frame: Told) -> dict[str, Any]:
    """What the words beside the slots say: "speed it up", "turn the drums down", "simplify"."""
    rest = frame.text
    for slot, words in frame.slots:
        # What was heard as something else and came to nothing may be the wish itself.
        if slot in ("which", "section", "bars") or (slot == "part" and frame.part):
            rest = rest.replace(words, " ", 1)
    plain = fold(rest)
    how = frame.one("strength")
    if re.search(r"\b(?:speed|slow|hurry|pick)\b|[加提减放][快速慢]|[快慢]", plain) and (
        pace := speed.pace(plain, how)
    ):
        return pace.args
    if frame.part:
        if re.search(_LOUD, frame.folded) or re.search(_SOFT, frame.folded):
            size = 2 if how and strength(how) == 3 else 1
            return {"loudness": -size if re.search(_LOUD, frame.folded) else size}
        if re.search(_AGAIN, frame.folded):
            return {"reroll": [frame.part]}
    if found := _wish(plain, how):
        return found
    if re.search(r"\bswing\b|摇摆", plain):
        return {"style": "swing"}
    if re.search(r"\breharmoni|\bchords?\b|和弦", plain):
        return {"reroll": ["chords"]}
    if re.search(r"\bshort(?:er|en)?\b|短一?点|[改缩变]短", plain) and not frame.all("section"):
        return {"length": "x0.5"}
    if frame.part:
        return {"reroll": [frame.part]} if re.search(r"\?|吗|呢", plain) or not plain else {}
    if frame.all("rating"):
        value = answers.stars(frame.one("rating"))
        return {"reroll": ["melody"]} if value is not None and value < 3 else {}
    return {}


def _wish(plain: str, how: str) -> dict[str, Any]:
    """A relative wish inside words that no slot holds: "could it be simpler", "有点空"."""
    negated = bool(re.search(r"\btoo\b|太|有点", plain))
    if not re.search(r"[\u3400-\u9fff]", plain):
        if found := manner.slid(plain, how, negated=negated):
            return dict(found)
        near = r"\b((?:more|less|too|not\s+so)\s+[a-z-]+)|\b([a-z]{3,}er)\b"
    else:  # a lone character means much in a sentence
        near = r"(?:更|太|有点|再)([\u3400-\u9fff]{1,2})|([\u3400-\u9fff]{1,2})(?:一?点|一?些)"
    for before, after in re.findall(near, plain):
        wish = manner.change(before or after, how, negated=negated)
        if wish.args and not wish.notes:
            return dict(wish.args)
    return {}

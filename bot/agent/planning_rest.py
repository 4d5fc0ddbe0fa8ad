"""Steps that make no music: suggestions, ratings, questions, files, the library, taste, data, help.

In: a `Told`. Out: `Drafted` steps of one tool call each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.agent.meaning import answers, likened, named, spans
from bot.agent.meaning.words import fold, unquoted
from bot.agent.planning_said import Drafted, Notes, Told, title_of
from bot.agent.when import when_of
from bot.wording import quoted
from models.recommender import comments

FOR_OCCASION = "For {purpose} I look for {mood}."
NOT_LEFT_OUT = (
    "I can't leave {style} out of a list by asking; press “never” on what you don't want."
)
AS_STARS = "I take “{words}” as {stars} stars."
ONLY_TO_YOU = "I hand files to you only; you can send them on."
WHOLE_PIECE = "I play a piece as a whole; the stems hold each part on its own."
NO_NUMBERS = "I have no numbered notation; the score is in staff notation."
BY_IMPORT = "/listening import counts your own listening history, where you agree to it first."
BY_DIGEST = "/taste digest sends you five suggestions a week, and stops doing so."
BY_MOTIF = "A hook of your own goes into a new piece with /motif, such as /motif 3 5 6 5."
BY_SETTINGS = "/settings changes the language of my replies and switches voice messages on or off."
BY_SERVER = "/server is where those who manage a server say where and how I answer."
#: When something was made, as it is said in the library's questions.
_WHEN = re.compile(
    r"\b(?:yesterday|today|tonight|last\s+(?:night|week|month|year|time)"
    r"|this\s+(?:morning|week|month|afternoon|evening|year)|earlier(?:\s+today)?"
    r"|(?:(?:on|last|from|in)\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:in|from|last)\s+(?:january|february|march|april|may|june|july|august|september|october"
    r"|november|december)|(?:an?|one|two|three|four|five|six|\d+)\s+(?:days?|weeks?|months?)\s+ago"
    r"|before\s+christmas|the\s+other\s+day|recently)\b"
    r"|昨天|昨晚|前天|今天早上|今天|今早|上周[一二三四五六日天]?|上个?星期[一二三四五六日天]?|上个?月|这周|本周|周[一二三四五六日天]"
    r"|星期[一二三四五六日天]|[一二三四五六七八九十]+月份?|刚才|刚刚|之前|春节前|国庆的?时候|最近|[一二三四五六七八九十两\d]+[天周个月]+前",
    re.ASCII,
)
#: Any moment: only whether words name a time is asked here.
_SOME_TIME = 1.8e9
_OPEN = (
    r"\b(?:open|load|pull\s+up|bring\s+up|bring\s+back|go\s+back\s+to|get\s+out|put\s+.*on\s+the\s+table)\b"
    r"|打开|调出|拿出来|加载|翻出"
)
_MINE = re.compile(
    r"\b(?:the|my|our|that|all|any|of|one|ones|thing|things|piece|pieces|tune|tunes|song|songs|stuff"
    r"|everything|music|track|tracks|what|we|i|made|did|make|have|from|in|on|with|a|an|about|last|old"
    r"|\d+)\b|我们|我|做过|做|写过|写|的|那首|那个|首|曲子|所有|全部|关于|之前|以前|最近|歌|有|搜|找|那"
)


_KINDS_SAID = {
    "progression": r"\bchords?\b|\bprogressions?\b|\bscales?\b|\bmodes?\b|\bturnarounds?\b|和弦"
    r"|进行",
    "loop": r"\bloops?\b|\bbeats?\b|鼓点",
    "artist": r"\bwho\b|\bartists?\b|\bbands?\b|\bcomposers?\b|谁|歌手|作曲家|乐队",
    "mood": r"\bmood\b|心情",
    "style": r"\b(?:styles?|genres?)\b|风格|曲风",
}


#: What only a command does, by what asks for it; a message of other intents never means it.
_COMMANDS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("taste", "help"), r"\bimport\b|导入|导进", BY_IMPORT),
    (("recommend", "taste", "help"), r"\bweekly\b|\b(?:every|each|a)\s+week\b|每周"
        r"|每个?星期", BY_DIGEST),
    (("compose", "edit", "help"), r"\b(?:hook|motif|motive)\b\D{0,20}\d(?:[\s,-]+\d){2,}"
        r"|动机\D{0,8}\d"
     r"(?:[\s,，-]*\d){2,}", BY_MOTIF),
    (("help", "privacy", "chat", "other"),
     r"\b(?:reply|answer|talk|speak|write)\s+(?:to\s+(?:me|us)\s+)?in\s+(?:chinese|english)"
     r"|\b(?:your|reply|bot'?s?)\s+language\b|\bvoice\s+messages?\b.*\b(?:on|off|stop|no)\b"
     r"|\b(?:no|stop|turn\s+(?:on|off))\b.*\bvoice\s+messages?\b|用[中英]文(?:回|说|跟)|[换改]语言|语音消息",
     BY_SETTINGS),
    (("help", "privacy", "other", "style"), r"\bserver\s+(?:settings|quota|channels?)\b"
        r"|服务器设置|服务器的设置",
     BY_SERVER),
)  # fmt: skip


def by_command(frame: Told) -> Drafted | None:
    """What only a slash command does is answered with its name."""
    for intents, pattern, answer in _COMMANDS:
        if frame.intent in intents and frame.says(pattern):
            return Drafted((), ((answer, {}),))
    return None


def recommend(frame: Told) -> Drafted:
    """Suggestions of a kind, in a style or mood, like an artist, for somebody."""
    notes = Notes()
    args: dict[str, Any] = {"what": _kind(frame)}
    styles = [named.style(w, frame.locale) for w in frame.all("style")]
    moods = [named.moods(w, frame.locale) for w in frame.all("mood")]
    for found in (*styles, *moods):
        notes.add(*found.notes)
    args["style"] = next((s.id for s in styles if s.ids), "")
    args["mood"] = next((m.id for m in moods if m.ids), "")
    if not args["mood"] and (occasion := frame.one("purpose")):
        args["mood"] = likened.mood_of(occasion)
        if args["mood"]:
            shown = named.shown("mood", args["mood"], frame.locale)
            notes.add((FOR_OCCASION, {"purpose": quoted(unquoted(occasion), 40), "mood": shown}))
    args["artist"] = unquoted(frame.one("artist"))
    args["work"] = unquoted(frame.one("work"))
    if players := [i for w in frame.all("instrument") for i in named.players(w, frame.locale).ids]:
        args["like"] = players[0]
    elif frame.all("which"):
        args["like"] = frame.which
    args["person"] = _person(frame)
    if refused := frame.one("style_not"):
        style = named.style(refused, frame.locale)
        shown = named.shown("style", style.id, frame.locale) if style.ids else quoted(refused, 40)
        notes.add((NOT_LEFT_OUT, {"style": shown}))
    args["count"] = _count(frame)
    return Drafted((frame.step("recommend", **args),), tuple(notes.said))


def _kind(frame: Told) -> str:
    for words in frame.all("item"):
        if kind := answers.suggested(words):
            return kind
    beside = r"\b(?:instruments?|players?)\b|乐器"
    if frame.says(beside):
        return "instrument"
    for kind_said, spelled in _KINDS_SAID.items():
        if frame.says(spelled):
            return kind_said
    if frame.all("instrument") and frame.says(r"\bgo(?:es)?\s+(?:well\s+)?with\b|[配搭]"):
        return "instrument"
    return "track"


def _person(frame: Told) -> str:
    for words in frame.all("person"):
        return answers.person(words)
    return "us" if frame.says(r"\bwe'?d\s+all\b|\ball\s+of\s+us\b|我们|大家") else ""


def _count(frame: Told) -> int | None:
    if said := frame.one("takes"):
        return spans.takes(said)
    found = re.search(
        r"(?<![\w/])(\d{1,2})(?=\s+(?!bpm|bars?|%|stars?)[a-z])|(\d{1,2})[个首种]", frame.folded
    )
    value = int(found[1] or found[2]) if found else 0
    return value if 1 <= value <= 10 and not frame.all("tempo") else None


def rate(frame: Told) -> Drafted:
    """An opinion in the person's words, and stars where they are a number."""
    notes = Notes()
    said = " ".join(frame.all("rating")) or frame.text
    stars = answers.stars(said)
    opinion = frame.text
    if stars is not None and not answers.is_figure(said):
        if comments.reduce(opinion, frame.locale).valence:
            stars = None  # the words speak for themselves
        else:
            notes.add((AS_STARS, {"words": quoted(said, 40), "stars": f"{stars:g}"}))
    step = frame.step("rate", which=frame.which, opinion=opinion, stars=stars)
    return Drafted((step,), tuple(notes.said))


def explain(frame: Told) -> Drafted:
    """A question about a piece, in the person's words."""
    return Drafted((frame.step("explain", which=frame.which, about=frame.text),))


def show(frame: Told) -> Drafted:
    """Play it, or send files of it."""
    notes = Notes()
    items: list[str] = []
    for words in frame.all("item"):
        items += answers.files(words)
        if answers.has_no_file(words):
            notes.add((NO_NUMBERS, {}))
    if frame.part and not items:
        items = ["stems"]
        notes.add((WHOLE_PIECE, {}))
    elif (frame.all("section") or frame.all("bars")) and not items:
        notes.add((WHOLE_PIECE, {}))
    if frame.all("person"):
        notes.add((ONLY_TO_YOU, {}))
    step = frame.step("show", which=frame.which, items=list(dict.fromkeys(items)))
    return Drafted((step,), tuple(notes.said))


def library(frame: Told) -> Drafted:
    """Find or list earlier pieces; a single one that is to be opened is opened."""
    piece = frame.one("which") or title_of(frame)
    several = re.search(
        r"\b(?:all|everything|pieces|tunes|songs|jingles|stuff)\b|所有|全部|最近\d", fold(piece)
    )
    if piece and not several and frame.says(_OPEN) and not frame.says(r"\blibrary\b|曲库"):
        return Drafted((frame.step("open", which=piece),))
    text = " ".join((*frame.all("which"), frame.text))
    when = _WHEN.search(fold(text))
    if when and when_of(when[0], _SOME_TIME) is None:  # "lately" is no span of time
        when = None
    styles = [*frame.all("style"), *frame.all("which")]
    style = next((s.id for w in styles if (s := named.style(_plain(w))).ids and not s.notes), "")
    moods = [*frame.all("mood"), *frame.all("which")]
    mood = next((m.id for w in moods if (m := named.moods(_plain(w))).ids and not m.notes), "")
    slots = ("title", "theme", "key", "instrument", "person")
    said = [unquoted(w).lstrip("@") for name in slots for w in frame.all(name)]
    query = " ".join(w for w in said if answers.person(w) != "us")
    if not query and not (style or mood or when) and piece:
        query = " ".join(_MINE.sub(" ", fold(piece)).split())
    elif (
        not query
        and piece
        and re.search(r"\b(?:with|about|in)\s+\S|关于|有.+的|[大小]调", fold(piece))
    ):
        query = _rest(piece, when[0] if when else "")
    step = frame.step("library", query=query, style=style, mood=mood, when=when[0] if when else "")
    return Drafted((step,))


def _plain(words: str) -> str:
    return " ".join(_MINE.sub(" ", _WHEN.sub(" ", fold(words))).split()) or "-"


def _rest(piece: str, when: str) -> str:
    """What is told of a piece besides style, mood and time: "d minor", "cello", "trains"."""
    found = re.search(r"\b(?:with|about|in)\s+(.+)|关于(.+?)的|有(.+?)的|(.*[大小]调)", fold(piece))
    told = next((g for g in found.groups() if g), "") if found else ""
    return " ".join(
        re.sub(r"\b(?:an?|the)\b", " ", told.replace(when, " ") if when else told).split()
    )


def style(frame: Told) -> Drafted:
    """One's own styles, by what is to be done with them."""
    act = _first(frame, _STYLE_ACTS, "list")
    name = title_of(frame)
    return Drafted((frame.step("style", act=act, name=name),))


def taste(frame: Told) -> Drafted:
    """One's taste: shown, compared, the server's, or told."""
    likes = _liked(frame, ("style", "artist", "work", "mood", "instrument"))
    dislikes = _liked(frame, ("style_not", "mood_not", "without"))
    if likes and not dislikes and frame.says(_DISLIKED):
        likes, dislikes = [], likes
    act = _first(frame, _TASTE_ACTS, "declare" if likes or dislikes else "show")
    if act == "declare" and not (likes or dislikes):
        act = "show"
    person = (
        ""
        if act == "server"
        else next((p for w in frame.all("person") if (p := answers.person(w)) != "us"), "")
    )
    if person and act == "show":
        act = "compare"
    if act != "declare":
        likes, dislikes = [], []
    return Drafted((frame.step("taste", act=act, person=person, likes=likes, dislikes=dislikes),))


def _liked(frame: Told, slots: tuple[str, ...]) -> list[str]:
    """What is liked, by id where the vocabulary has it, else as it was said."""
    out: list[str] = []
    for slot, words in frame.slots:
        if slot not in slots:
            continue
        kind = slot.removesuffix("_not")
        if kind == "style":
            found = named.style(words)
        elif kind == "mood":
            found = named.moods(words)
        elif kind in ("instrument", "without"):
            found = named.players(words)
        else:
            found = named.Named()
        out += found.ids if found.ids and not found.notes else (unquoted(words),)
    return list(dict.fromkeys(out))


def privacy(frame: Told) -> Drafted:
    """What is kept, and what becomes of it."""
    return Drafted((frame.step("privacy", act=_first(frame, _PRIVACY_ACTS, "show")),))


def help_(frame: Told) -> Drafted:
    """How something is done."""
    return Drafted((frame.step("help", about=frame.text),))


def cancel(frame: Told) -> Drafted:
    """Stop what is running."""
    return Drafted((frame.step("cancel"),))


def undo(frame: Told) -> Drafted:
    """Back to the version before, or forward again, or to one that is named."""
    again = r"\bredo\b|\bforward\b|\bun-?undo\b|ctrl\s?\+?\s?y\b|重做|前进|反撤销|恢复撤销"
    if frame.says(again) and not frame.says(r"(?<!un-)(?<!un)\bundo\b|(?<!反)(?<!恢复)撤销"):
        return Drafted((frame.step("redo"),))
    which = frame.named_piece
    before = r"\b(?:before|previous|last|old|prior|earlier)\b|上一|之前|刚才|原来|前一"
    if which and not re.search(before, fold(which)):
        return Drafted((frame.step("open", which=which),))
    found = re.search(
        r"\b(\d|two|three|four|five)\s+(?:steps?|times?|changes?|edits?|versions?)\b"
        r"|([两二三四五\d])\s*[步次]",
        frame.folded,
    )
    value = spans.takes(found[1] or found[2]) if found else None
    return Drafted((frame.step("undo", steps=value if value and value > 1 else None),))


def chat(frame: Told) -> Drafted:
    """Small talk."""
    return Drafted((frame.step("chat", words=frame.text),))


def other(frame: Told) -> Drafted:
    """Something that is not music."""
    return Drafted((frame.step("other", words=frame.text),))


def session(frame: Told) -> Drafted:
    """What lies on the table and how it came about."""
    return Drafted((frame.step("session"),))


def _first(frame: Told, acts: Mapping[str, str], default: str) -> str:
    return next((act for act, pattern in acts.items() if frame.says(pattern)), default)


_STYLE_ACTS = {
    "share": r"\b(?:un)?shar(?:e|ing)\b|\blet\b.*\buse\b|\bcan\b.*\buse\s+my\b|\bwho\s+can\b"
    r"|\bprivate\b|分享|让.*用|能用我|谁能|给.+用|别人",
    "forget": r"\b(?:forget|delete|remove|erase)\b|忘|删",
    "list": r"\b(?:list|which|ready|how\s+far|done|show\s+(?:me\s+)?my)\b"
    r"|列出|哪些|哪个|几个|学好了|学完|学到哪|多久|看看",
    "stop": r"\b(?:stop|normal|default|anymore|no\s+longer|without\s+my|don'?t\s+use)\b"
    r"|\bturn\b.*\boff\b|停用|不用|默认|别用|不要用|关掉",
    "learn": r"\b(?:learn|study|train|retrain|teach|analy[sz]e|pick\s+up|call\s+(?:my|the\s+new)"
    r"|save\s+this|like\s+me|here\s+are|here's|these|write\s+like|imitate|buil[dt]|from\s+this"
    r"|make\s+a\s+style)\b|学|照|练|模仿|总结|喂",
    "use": r"\b(?:use|switch|from\s+now|from\s+here|compose\s+in|apply|my\s+style|own\s+style)\b"
    r"|用|切|以后",
}
_TASTE_ACTS = {
    "compare": r"\b(?:compare|in\s+common|similar|versus|vs)\b|对比|比较|比比|共同|比一比|口味像",
    "server": r"\b(?:server|everyone\s+here|this\s+place)\b|服务器|全服|群",
    "declare": r"\b(?:i|we)(?:'m| am| really| also| usually| mostly| all)*\s*(?:like|love|into|hate"
    r"|prefer|adore|listen|grew|can't|don't|enjoy|been)\b|\bremember|\bfan\b|\bfavou?rite"
    r"|\badd\b|\bput\b|\bnote\b|\bnever\b|\bmy\s+jam\b|\bnot\s+for\s+me\b"
    r"|喜欢|讨厌|爱|记[住下]|粉丝|迷上|在听|常听|别再|无感|听得最多",
    "show": r"\b(?:show|what|draw|tell|share|see)\b|看看|怎样|什么样|画|分享",
}
#: What turns a liking round where no slot says so.
_DISLIKED = (
    r"\b(?:hate|can'?t\s+stand|don'?t\s+(?:like|enjoy)|headache|not\s+into|dislike|never|not\s+a\s+fan)\b"
    r"|讨厌|不喜欢|无感|受不了|不爱听"
)
_PRIVACY_ACTS = {
    "export": r"\b(?:export|copy|download|send\s+me|gdpr|give\s+me)\b|导出|一份|下载|发我",
    "off": r"\b(?:withdraw|consent|turn\s+off|switch\s+off|opt\s+out|keep\s+nothing|take\s+back)\b"
    r"|撤回|关闭|关掉|不同意|授权",
    "pause": r"\b(?:pause|stop|take\s+a\s+break|resume|no\s+more)\b|\bturn\b.*\b(?:on|back)\b"
    r"|\bdon'?t\s+(?:want\s+you\s+to\s+)?(?:save|record|store|track|remember|keep)\b"
    r"|暂停|别再?[记存保录]|不要再?[记保存录]|停止|恢复|不想让你|不想被",
    "forget": r"\b(?:forget|delete[d]?|erase|wipe|remove[d]?|clear)\b|忘|删|清空|清除",
    "show": r".",
}
#: Intent -> what makes its steps.
REST: Mapping[str, Callable[[Told], Drafted]] = {
    "recommend": recommend, "rate": rate, "explain": explain, "show": show, "library": library,
    "style": style, "taste": taste, "privacy": privacy, "help": help_, "cancel": cancel,
    "undo": undo, "chat": chat, "other": other,
}  # fmt: skip

"""What people say of a piece, and what they ask to be shown or suggested.

In: words of the slots rating, item, language, scheme and person. Out: stars, kinds of files, kinds
of suggestions, a language, a rhyme scheme. Opinions in words are read as comments are
(`models.recommender.comments`), with the slang of chats beside it.
"""

from __future__ import annotations

import re

from bot.agent.meaning.words import fold, latin, mend
from models.planner.quantities import number
from models.recommender import comments
from models.recommender.values import Kind

_EMOJI = {
    "👍": 4.5, "👎": 1.5, "🔥": 5.0, "❤": 5.0, "♥": 5.0, "😍": 5.0, "💯": 5.0, "🤩": 5.0,
    "😂": 4.0, "😐": 3.0, "🙂": 4.0, "🙁": 2.0, "😢": 3.0, "🤮": 1.0, "💩": 1.0, "😴": 2.0,
    "🥰": 5.0, "👏": 4.5, "🎉": 4.5, "💀": 2.0, "🤢": 1.0, "🥱": 2.0,
}  # fmt: skip
#: What VADER and our list leave out: words of chats (0.5..5).
_SLANG: tuple[tuple[str, float], ...] = (
    (r"(?:没|不)(?:是|太|怎么|很|那么)*(?:喜欢|爱听|好听)|踩雷|听一次就够|有点拉|太拉|拉胯"
     r"|不是我要的|[无没]感|\bthumbs\s+down\b|\btoo\s+much\b"
     r"|\bdo(?:es)?n'?t\s+do\s+anything\b", 1.8),
    (r"\bnot (?:great|good|for me|my thing|my cup)\b|不太行|不行|不咋[地样]|不是我的菜|不好听"
     r"|\bnever again\b|\bnah\b|差点意思|不怎么样", 2.0),
    (r"\bnot bad\b|不错|还行|还可以|还好|\bnice\b|\bdecent\b|\bsolid\b", 3.8),
    (r"\b(?:fire|goosebumps|banger|slaps?|lit|goated|chef'?s kiss|exactly|spot on|incredible"
        r"|rocks|thumbs up|favou?rite|the best|masterpiece"
     r"|perfect|bop|vibes?)\b|yyds|绝|神了|满分|爱了|惊艳|太棒|封神|最好|牛|神曲|太神|跪了"
     r"|哭死|正是我想要|超赞", 5.0),
    (r"\b(?:garbage|trash|yuck|ew+|gross|awful|terrible|sucks?|hate[sd]?|worst|horrible"
        r"|can'?t stand|cringe)\b"
     r"|难听|讨厌|垃圾|辣耳朵", 1.0),
    (r"\b(?:mid|meh|ok(?:ay)?|so so|average|fine|whatever)\b"
     r"|一般|凑合|马马虎虎|普通|普普|平平|就那样", 2.8),
    (r"\b(?:weak|annoying|boring|cheesy|bland|bad|dislike[sd]?|worse)\b"
     r"|don'?t (?:really )?like|didn'?t like|无聊|太吵|有点吵|不喜欢|不太喜欢", 2.0),
    (r"\b(?:love[sd]?|ador\w+|amazing|awesome|brilliant|fantastic|gorgeous|beautiful|better|enjoyed"
     r"|lovely|great|liked?|good|cool)\b|喜欢|超爱|好听|太美|很棒|好棒|爱|对味|强多了", 4.5),
)  # fmt: skip
_RATING_WORDS = latin(
    "stars out love hate great awful amazing boring beautiful terrible fantastic brilliant lovely",
    "banger annoying perfect garbage masterpiece goosebumps gorgeous awesome really slaps sucks",
    "cheesy dislike adore enjoyed weak absolutely kinda pretty good fire best hated stand thing",
)
#: What is asked for -> the name of its file as `bot.files` has it (format, or kind).
_FILES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"all (?:the )?files|everything|所有文件|全部", ("mp3", "mid", "musicxml", "png")),
    (r"karaoke|卡拉", ("kar",)),
    (r"lrc|歌词文件|字幕", ("lrc",)),
    (r"lyric|words|歌词|填词|唱词", ("txt",)),
    (r"music\s?xml|xml", ("musicxml",)),
    (r"midi?\b|\bmids?\b", ("mid",)),
    (r"stem|分轨|音轨", ("stems",)),
    (r"lead\s*sheet|chords?|和弦|主旋律谱", ("lead",)),
    (r"piano\s?roll|picture|image|图|卷帘", ("png",)),
    (r"\bparts?\b|分谱|声部谱", ("parts",)),
    (r"sheet|score|pdf|notation|notes|谱|五线|简谱", ("score",)),
    (r"recipe|json|配方|设定", ("json",)),
    (r"wav|flac|lossless|无损", ("wav",)),
    (r"voice|语音", ("voice",)),
    (r"loop|循环", ("loop",)),
    (r"sung|vocals?|演唱|人声", ("sung",)),
    (r"mp3|audio|sound|recording|音频|音乐|录音|成品", ("mp3",)),
    (r"files?|文件", ("mp3", "mid")),
)
_FILE_WORDS = latin(
    "midi file files score sheet music musicxml recipe lead audio stems lyrics piano roll karaoke",
    "chords picture notes stem words loop parts",
)
_KINDS: tuple[tuple[str, Kind], ...] = (
    (
        r"progression|chord|和弦|cadence|turnaround|changes|harmon|scale|modes?\b|音阶|调式|进行",
        "progression",
    ),
    (r"loop|beat|groove|鼓点|节奏|循环", "loop"),
    (
        r"artist|band|composer|singer|musician|performer|group|歌手|艺人|作曲家|乐队|乐团|音乐人"
        r"|演奏家",
        "artist",
    ),
    (r"instrument|乐器", "instrument"),
    (r"mood|feeling|vibe|心情|情绪|氛围", "mood"),
    (r"genre|style|曲风|风格|流派", "style"),
    (r"piece|作品", "piece"),
    (r"track|song|tune|music|album|listen|record|playlist|歌|曲|音乐|专辑|单曲", "track"),
)
_KIND_WORDS = latin(
    "artists bands composers singers musicians tracks songs tunes music albums genres styles moods",
    "instruments chord chords progressions scales loops beats grooves pieces playlists",
)
_STARS = re.compile(
    r"(\d+(?:\.\d+)?|[一二两三四五六七八九十]|one|two|three|four|five)\s*(?:颗|个)?\s*(?:stars?\b|星)"
)
_OUT_OF = re.compile(
    r"(\d+(?:\.\d+)?|[a-z]+)\s*(?:/|out\s+of|over)\s*(\d+|five|ten|a\s+hundred)|(\d+(?:\.\d+)?|[一二两三四五六七八九十])\s*分"
)


def stars(words: str) -> float | None:
    """What a rating comes to, 0.5 to 5 stars: "8/10" is 4, "love it" 4.5, "一般般" 2.8."""
    plain = mend(fold(words), _RATING_WORDS)
    if (said := _figures(plain)) is not None:
        return said
    drawn = words.count("⭐") + words.count("★") + words.count("🌟")
    if drawn:
        return float(min(5, drawn))
    for emoji, value in _EMOJI.items():
        if emoji in words:
            return value
    for pattern, value in _SLANG:
        if re.search(pattern, plain):
            return value
    valence = comments.reduce(plain).valence
    return round(3 + 2 * valence, 1) if valence else None


def is_figure(words: str) -> bool:
    """Whether a rating is a number (of stars, out of ten), and not only a word."""
    drawn = any(star in words for star in "⭐★🌟")
    return drawn or _figures(fold(words)) is not None or "满分" in words


def _figures(plain: str) -> float | None:
    if found := _STARS.search(plain):
        value = number(found[1])
        return None if value is None else _within(value)
    if found := _OUT_OF.search(plain):
        value = number(found[1] or found[3])
        most = number(found[2]) if found[2] else 10.0
        return None if value is None or not most else _within(5 * value / most)
    bare = number(plain.removeprefix("a ").strip())
    if bare is not None and bare <= 10:  # "give it a 7" is of ten, "a 4" of five
        return _within(bare if bare <= 5 else bare / 2)
    return None


def _within(value: float) -> float:
    return min(5.0, max(0.5, round(2 * value) / 2))


def files(words: str) -> tuple[str, ...]:
    """The formats (`bot.files`) that words ask for: "sheet music" is ("score",); () for none."""
    plain = mend(fold(words), _FILE_WORDS)
    return next((kinds for pattern, kinds in _FILES if re.search(pattern, plain)), ())


def has_no_file(words: str) -> bool:
    """Whether something is asked for that has no file of its own: numbered notation."""
    return "简谱" in fold(words)


def suggested(words: str) -> Kind | None:
    """The kind of suggestion that words ask for; None for what is none."""
    plain = mend(fold(words), _KIND_WORDS)
    return next((kind for pattern, kind in _KINDS if re.search(pattern, plain)), None)


def language(words: str) -> str | None:
    """Give "en" or "zh", None for a language that words are not written in."""
    plain = mend(fold(words), latin("english chinese mandarin"))
    if re.search(r"\b(?:english|en)\b|英", plain):
        return "en"
    if re.search(r"\b(?:chinese|mandarin|zh)\b|中文|国语|汉语|华语|普通话|中国话", plain):
        return "zh"
    return None


def scheme(words: str) -> str | None:
    """Letters of a rhyme scheme: "couplets" are AABB, "一韵到底" AAAA."""
    plain = mend(fold(words), latin("couplets alternate monorhyme limerick"))
    named = (
        (r"couplet|双行|两两", "AABB"), (r"altern|交[叉替]", "ABAB"),
        (r"monorhyme|一韵到底", "AAAA"),
        (r"隔[行句]", "ABCB"), (r"limerick", "AABBA"), (r"enclos|环抱", "ABBA"),
    )  # fmt: skip
    for pattern, letters in named:
        if re.search(pattern, plain):
            return letters
    found = re.fullmatch(r"[\s\"']*([a-gx](?:[\s,-]?[a-gx]){0,11})[\s\"']*", plain)
    return re.sub(r"[^a-gx]", "", found[1]).upper() if found else None


def person(words: str) -> str:
    """Give "us" for several of us, else the name as it was said."""
    plain = fold(words)
    ours = (
        r"\b(?:us|we|everyone|everybody|all of us|both of us|we'd all|friends"
        r"|the (?:whole )?server)\b"
        r"|\bme and\b|\band (?:me|i)\b"
        r"|我们(?![班校公学战乐])|大家|咱|全服|群里|所有人|我和|我俩"
    )
    return "us" if re.search(ours, plain) else words.strip().lstrip("@")[:60]

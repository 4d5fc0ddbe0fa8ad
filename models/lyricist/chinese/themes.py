"""Theme words of a person, English or Chinese -> the imagery characters the network knows.

A Chinese word gives its own characters, those that picture something first; an English one is
looked up in `imagery.toml`. What stands in neither is likened to the English words by MiniLM,
where that is installed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from models.lyricist.base import ModelMissingError
from models.lyricist.chinese.corpus import imagery

#: Nearer than this (cosine of MiniLM) an unlisted word is taken for a listed one.
NEAR = 0.45
#: Characters that stand in many words and picture nothing.
_PLAIN = frozenset("的了是在之不一有与和于而其着过们这那个大小天子儿上下")
_HAN = re.compile("[\u4e00-\u9fff]")
#: Today's words whose own characters would mislead.
_MODERN = {
    "分手": "别离",
    "失恋": "恨泪",
    "生日": "寿桃",
    "夏天": "荷蝉",
    "夏日": "荷蝉",
    "冬天": "雪寒",
    "咖啡": "茶",
    "城市": "城楼",
    "大海": "海潮",
    "海洋": "海潮",
    "天空": "云霄",
    "回忆": "忆昔",
    "孤独": "孤独",
    "朋友": "友知",
    "友谊": "友知",
    "时间": "年光",
    "自由": "闲鸥",
    "快乐": "欢笑",
    "悲伤": "愁泪",
    "晚上": "夜灯",
}


def characters_of(themes: Sequence[str], known: Collection[str]) -> str:
    """Up to six characters for some theme words: the strongest of each word, then the next."""
    table = imagery()
    found = [_of_word(theme, table) for theme in themes if theme.strip()]
    rows = [[c for c in row if c in known] for row in found]
    mixed = [row[i] for i in range(6) for row in rows if i < len(row)]
    return "".join(dict.fromkeys(mixed))[:6]


def _of_word(theme: str, table: dict[str, str]) -> str:
    if _HAN.search(theme):
        for word, characters in _MODERN.items():
            if word in theme:
                return characters
        pictured = set("".join(table.values()))
        own = [c for c in theme if _HAN.match(c) and (c in pictured or c not in _PLAIN)]
        return "".join(sorted(own, key=lambda c: c not in pictured))
    words = re.findall(r"[a-z]+", theme.lower())
    listed = [table[key] for word in words for key in _forms(word) if key in table]
    return "".join(listed) if listed else _nearest(theme, table)


def _forms(word: str) -> Iterable[str]:
    """The word, and what it may be a form of: seas, dreaming, rainy, lonely."""
    return dict.fromkeys(
        [word, *(word.removesuffix(end) for end in ("s", "es", "ing", "y", "ed", "ful"))]
    )


def _nearest(theme: str, table: dict[str, str]) -> str:
    from models.lyricist.meaning import Meaning  # loads MiniLM: only for words not listed

    try:
        meaning = Meaning()
    except ModelMissingError:
        return ""
    keys = list(table)
    near = meaning.vectors([k.replace("_", " ") for k in keys]) @ meaning.vectors([theme])[0]
    best = int(near.argmax())
    return table[keys[best]] if near[best] >= NEAR else ""

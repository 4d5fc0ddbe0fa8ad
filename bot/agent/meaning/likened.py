"""What a named musician or an occasion says about music: a style, a mood.

In: words of the slots artist and purpose. Out: vocabulary ids, "" where nothing is known of them.
Composers by the period or kind that every history of music puts them in; occasions by what
playlists for them are full of (calm for study, lively for sport).
"""

from __future__ import annotations

import re

from bot.agent.meaning.words import fold, latin, mend

_ARTISTS: tuple[tuple[str, str], ...] = (
    (r"bach\b|handel|vivaldi|purcell|scarlatti|telemann|巴赫|亨德尔|维瓦尔第", "baroque"),
    (r"mozart|haydn|beethoven|莫扎特|海顿|贝多芬", "classical"),
    (r"chopin|liszt|schubert|schumann|brahms|grieg|mendelssohn|rachmaninov|肖邦|李斯特|舒伯特|舒曼"
     r"|勃拉姆斯|格里格", "romantic_piano"),
    (r"tchaikovsky|柴可夫斯基", "classical"),
    (r"debussy|satie|ravel|德彪西|萨蒂|拉威尔", "impressionist"),
    (r"glass|reich|einaudi|nyman|yann tiersen|久石让", "minimalism"),
    (r"joplin|乔普林", "ragtime"),
    (r"sousa|苏萨", "march"),
    (r"strauss|施特劳斯", "waltz"),
    (r"stephen foster|福斯特", "folk"),
    (r"piazzolla|皮亚佐拉", "tango"),
    (r"jobim|若宾", "bossa_nova"),
    (r"ellington|basie|glenn miller", "big_band"),
    (r"charlie parker|gillespie|monk\b", "bebop"),
    (r"miles davis|chet baker|bill evans", "cool_jazz"),
    (r"django", "gypsy_jazz"),
    (r"bob marley", "reggae"),
    (r"robert johnson", "delta_blues"),
    (r"hans zimmer|汉斯季默", "film_epic"),
    (r"morricone", "western"),
    (r"kraftwerk", "electro"),
    (r"brian eno|布莱恩.?伊诺", "ambient"),
    (r"nujabes|j dilla", "lofi"),
    (r"阿炳|刘天华", "chinese_traditional"),
)  # fmt: skip
_ARTIST_WORDS = latin(
    "bach handel vivaldi mozart haydn beethoven chopin liszt schubert schumann brahms grieg",
    "tchaikovsky debussy satie ravel joplin sousa strauss stephen foster clara scott",
)
_OCCASIONS: tuple[tuple[str, str], ...] = (
    (r"stud|read|work(?!out)|focus|homework|cod(?:e|ing)|学习|看书|写作业|工作|自习", "calm"),
    (r"sleep|bed|nap|lullab|睡|午休", "sleepy"),
    (r"yoga|meditat|relax|spa\b|massage|瑜伽|冥想|放松", "peaceful"),
    (r"run|workout|gym|sport|jog|exercise|跑步|健身|运动", "energetic"),
    (r"party|birthday|dance|new year|聚会|派对|生日|年会", "festive"),
    (r"cook|clean|morning|breakfast|做饭|打扫|早上", "cheerful"),
    (r"road trip|driv|travel|commut|开车|旅行|通勤", "carefree"),
    (r"wedding|date|dinner|romantic|婚礼|约会|晚餐", "romantic"),
    (r"funeral|mourn|葬礼", "mournful"),
    (r"boss|fight|battle|chase|战斗|打boss|追逐", "urgent"),
    (r"horror|halloween|恐怖|万圣", "spooky"),
    (r"trailer|epic|预告", "epic"),
    (r"heist|spy|detective|noir", "tense"),
    (r"rain|snow|night|下雨|深夜", "contemplative"),
    (r"heartbreak|breakup|break up|失恋|分手", "heartbroken"),
)  # fmt: skip


def style_of(artist: str) -> str:
    """The style (id) that a musician stands for, "" where that is not known."""
    plain = mend(fold(artist), _ARTIST_WORDS)
    return next((style for pattern, style in _ARTISTS if re.search(pattern, plain)), "")


def mood_of(occasion: str) -> str:
    """The mood (id) that suits an occasion, "" where that is not known."""
    plain = fold(occasion)
    return next((mood for pattern, mood in _OCCASIONS if re.search(pattern, plain)), "")

"""Tools that only talk: help by example, small talk, and what is not for us.

In: what was said. Out: sentences. Help is told by topic, each with things to say as they are typed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.agent import wording
from bot.agent.at import At
from bot.agent.tools.types import Text, Words
from bot.agent.values import Done, Show

#: Topic -> what asks for it; the first that is found counts.
_TOPICS: Sequence[tuple[str, str]] = (
    ("undo", r"undo|redo|version|session|table|histor|cancel|stop|撤销|重做|版本|会话|取消|停"),
    ("song", r"song|sing|歌(?!词)|唱"),
    ("lyrics", r"lyric|words|rhyme|poem|歌词|填词|押韵|词"),
    ("arrange", r"arrang|band|ensemble|orchestra|file|midi|musicxml|hum|record|upload"
                r"|编曲|乐队|合奏|文件|哼|录音|上传"),
    ("vary", r"vari|extend|longer|take|变奏|变体|延长|加长|再来几"),
    ("edit", r"edit|chang|faster|slower|tempo|key|transpos|instrument|drum"
             r"|修改|改|快|慢|移调|换|乐器|鼓"),
    ("recommend", r"recommend|suggest|list|artist|推荐|艺人|歌手"),
    ("taste", r"taste|like|rate|rating|star|口味|品味|喜好|喜欢|评分|打分"),
    ("style", r"style|learn|own\s+pieces|风格|学习"),
    ("explain", r"explain|why|chord|theory|analy|解释|分析|和弦|为什么|讲解"),
    ("files", r"download|wav|mp3|sheet|score|notation|stems|library|find|show"
              r"|下载|乐谱|五线谱|分轨|曲库|找"),
    ("privacy", r"privacy|data|delet|forget|export|consent|隐私|数据|删除|忘记|导出"),
    ("compose", r"compos|music|piece|creat|make|作曲|音乐|曲子|创作|做"),
)  # fmt: skip
HELP_CHOICES: dict[str, str] = {
    "all": "Just say what you want: “a wistful waltz in D minor, one minute”, then “slower, and "
    "no drums”, “give it words about leaving home”, “why does it sound sad?”, “undo”. I compose, "
    "arrange, write words, change, vary, extend, explain and recommend; ask “help with lyrics” "
    "for more of one thing, or see /help for every command.",
    "compose": "Say what you would like to hear: “lo-fi for studying, no drums, 90 seconds”, "
    "“boss fight music, 160 bpm, game loop”, “something calm I would like”. Style, mood, key, "
    "tempo, meter, length, instruments and purpose may all be named; what you leave open I choose.",
    "song": "Ask for a song and what it is about: “a country song about the last train home”, "
    "“a hopeful song in Chinese about spring”. You may give the first line or a rhyme scheme, "
    "such as ABAB.",
    "lyrics": "With a piece on the table say “write words about the sea”, “other words”, “line 3 "
    "again”, or “words first, about autumn” and the melody follows them. I write in English and "
    "in classical Chinese.",
    "arrange": "Send me a MIDI or MusicXML file, or a hum, and say “arrange it as bossa nova” or "
    "“for string quartet”; the melody stays. With a piece of mine on the table it works as well.",
    "edit": "Say what should become different: “twice as fast”, “up a minor third”, “no drums”, "
    "“swap the piano for a harp”, “sadder”, “a busier bass in the second verse”, “in 3/4”, "
    "“cut the intro”. I measure the result and say what came of it.",
    "vary": "Say “four variations”, “two versions closer to it”, “another bridge”, or “extend it "
    "by 8 bars”; then choose one with “the second one”.",
    "recommend": "Say “recommend me some artists”, “chord progressions like this”, “something for "
    "all of us”; each comes with its reason, and “make something like the first one” composes it.",
    "taste": "Say “4 stars”, “I love this one”, “show my taste” or “compose something I would "
    "like”. I keep your opinions only if you agreed to that, with /taste declare for instance.",
    "style": "Teach me your style from your own MIDI or MusicXML files with /style learn; then say "
    "“use my style waltzes” or “stop using my style”.",
    "explain": "Ask about what is on the table: “explain the chords”, “what key is it in?”, “what "
    "did you change?”, “why does it sound like swing?”. I answer from its score.",
    "files": "Say “the sheet music”, “as WAV”, “the stems”, “show me my waltzes”, “open what we "
    "made on Tuesday”. What exists comes at once; the rest I render first.",
    "undo": "“Undo” goes back to the version before, “redo” forward again, “cancel” stops what is "
    "being made, “where are we?” shows all versions. /session clear forgets them.",
    "privacy": "/privacy show tells what is stored about you, /privacy export sends it, /privacy "
    "forget deletes it. I only name these commands and never press them for you.",
}


async def help_(at: At, about: Text = "") -> Done:
    """Explain by example what can be asked for.

    about: a topic, such as lyrics, editing or files
    """
    topic = next((name for name, words in _TOPICS if re.search(words, about.lower())), "all")
    shown = Show(command="help" if topic == "all" else "")
    return Done(((HELP_CHOICES[topic if about else "all"], {}),), show=shown)


async def chat(at: At, words: Words = "") -> Done:
    """Answer a greeting, thanks or other small talk.

    words: what the person said
    """
    return Done(wording.talk(words or at.text, at.session))


async def other(at: At, words: Words = "") -> Done:
    """Say that something is not for a music assistant.

    words: what the person said
    """
    return Done(wording.other(words or at.text, at.session))

"""Names, manners and answers in the words of slots."""

import pytest

from bot.agent.meaning import answers, harmony, likened, manner, named, parts, words


@pytest.mark.parametrize(
    ("said", "style"),
    [
        ("80s synthwave", "synthwave"), ("modern reggae", "reggae"), ("lo-fi", "lofi"),
        ("bsroque", "baroque"), ("more jazzy", "swing"), ("jazz waltz", "jazz_waltz"),
        ("老式爵士", "swing"), ("搖籃曲", "lullaby"), ("史诗", "film_epic"), ("金属", "metal"),
    ],
)  # fmt: skip
def test_style(said, style):
    assert named.style(said).id == style


def test_an_unknown_name_is_said_with_the_nearest():
    found = named.style("gamelan fusion core", "en")
    unknown = named.players("theremotron", "zh")
    for read in (unknown,):
        assert read.ids == ()
        template, values = read.notes[0]
        assert "I don't know" in template and values["words"] == "theremotron"
    assert found.ids  # fusion is a style


def test_a_name_that_is_nearly_another_is_taken_and_said():
    found = named.style("sambaa")
    assert found.id == "samba"
    far = named.moods("melancholical")
    assert far.id == "melancholic"


@pytest.mark.parametrize(
    ("said", "moods"),
    [
        ("kinda eerie", ("spooky",)), ("calm but dark", ("calm", "dark")), ("悲", ("sad",)),
        ("很热血", ("energetic",)), ("enerhetic", ("energetic",)), ("充满希望", ("hopeful",)),
        ("sadder", ("sad",)), ("有点治愈", ("warm",)),
    ],
)  # fmt: skip
def test_moods(said, moods):
    assert named.moods(said).ids == moods


@pytest.mark.parametrize(
    ("said", "player"),
    [
        ("two violins", "violin"), ("a couple of saxes", "saxophone"), ("808s", "tr808"),
        ("brushes", "brush"), ("string quartet", "string_quartet"), ("soft handclaps", "standard"),
        ("a choir", "choir"), ("两把大提琴", "cello"), ("柔和的弦乐", "strings"),
        ("voilin", "violin"),
        ("drums", "drums"), ("🎸", "guitar"), ("兩把小號", "trumpet"),
    ],
)  # fmt: skip
def test_players(said, player):
    assert named.players(said).id == player


def test_an_ensemble_is_told_from_a_player():
    assert named.is_ensemble("a string quartet") and named.ensemble("钢琴独奏") == "solo_piano"
    assert not named.is_ensemble("choir") and not named.is_ensemble("cello")


@pytest.mark.parametrize(
    ("said", "how", "args"),
    [
        ("louder", "", {"loudness": 1}), ("quieter", "much", {"loudness": -2}),
        ("much louder", "", {"loudness": 2}), ("busier", "a bit", {"intensity": 1}),
        ("less busy", "", {"intensity": -1}), ("punchier", "", {"loudness": 1, "intensity": 1}),
        ("fuller", "", {"fullness": 1}), ("brighter", "", {"register": 1}),
        ("sadder", "", {"mood": "sad"}), ("less sad", "", {"avoid": ["sad"]}),
        ("funkir", "", {"style": "funk"}), ("more cowbell", "", {"add": ["agogo"]}),
        ("more bass", "", {"part": "bass", "loudness": 1}),
        ("catchier", "", {"reroll": ["melody"]}),
        ("easier to play", "", {"intensity": -1}), ("热闹一点", "", {"intensity": 1}),
        ("简单", "", {"intensity": -1}), ("大聲", "", {"loudness": 1}),
        ("更悲", "", {"mood": "sad"}),
        ("稀疏一些", "", {"fullness": -1}),
    ],
)  # fmt: skip
def test_change(said, how, args):
    assert dict(manner.change(said, how).args) == args


def test_what_there_is_too_much_of_turns_round():
    assert dict(manner.change("busy", negated=True).args) == {"intensity": -1}
    assert dict(manner.change("gloomy", negated=True).args) == {"avoid": ["sad"]}
    assert dict(manner.change("空", negated=True).args) == {"fullness": 1}


def test_a_wish_that_no_slider_holds_is_said_to_be_unknown():
    found = manner.change("more zorbly")
    assert not found.args and found.notes[0][0] == manner.UNKNOWN


@pytest.mark.parametrize(
    ("said", "stars"),
    [
        ("4 stars", 4), ("8/10", 4), ("six out of ten", 3), ("五星", 5), ("打8分", 4), ("满分", 5),
        ("⭐⭐⭐⭐", 4), ("7", 3.5), ("4", 4), ("love it", 4.5), ("一般般", 2.8), ("yyds", 5),
        ("not my thing", 2), ("不喜欢", 2), ("沒很喜歡", 1.8), ("👎", 1.5), ("aamzing", 4.5),
        ("tuesday", None),
    ],
)  # fmt: skip
def test_stars(said, stars):
    read = answers.stars(said)
    assert read == stars if stars is None else abs(read - stars) < 0.3


@pytest.mark.parametrize(
    ("said", "files", "kind"),
    [
        ("the midi", ("mid",), None), ("sheet music", ("score",), None),
        ("五线谱", ("score",), None),
        ("lead shete", ("lead",), None), ("karaoke file", ("kar",), None),
        ("分轨", ("stems",), None),
        ("lyrics", ("txt",), None), ("artists", (), "artist"), ("曲风", (), "style"),
        ("chord progressions", ("lead",), "progression"), ("乐器", (), "instrument"),
        ("some tunees", (), "track"), ("loops", ("loop",), "loop"), ("歌手", (), "artist"),
    ],
)  # fmt: skip
def test_items(said, files, kind):
    assert answers.files(said) == files
    if kind:
        assert answers.suggested(said) == kind


def test_languages_schemes_and_people():
    assert answers.language("in mandarin") == "zh" and answers.language("英文") == "en"
    assert answers.language("日语") is None and answers.language("engllish") == "en"
    assert answers.scheme("a b a b") == "ABAB" and answers.scheme("couplets") == "AABB"
    assert answers.scheme("一韵到底") == "AAAA" and answers.scheme("an韵") is None
    assert answers.person("all of us") == "us" and answers.person("@bob") == "bob"
    assert answers.person("我们公司") == "我们公司" and answers.person("大家") == "us"


@pytest.mark.parametrize(
    ("said", "chords"),
    [
        ("ii-v-i", "ii V I"), ("1 5 6 4", "I V vi IV"), ("二五一", "ii V I"), ("6415", "vi IV I V"),
        ("dm, g7, c", "Dm G7 C"), ("卡农进行", "I V vi iii IV I IV V"),
        ("i-VI-III-VII", "i VI III VII"),
        ("a diminished chord", None),
    ],
)  # fmt: skip
def test_progressions(said, chords):
    assert harmony.progression(said) == chords


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("bass line", "bass"), ("the left hand", "bass"), ("drum beat", "drums"), ("鼓点", "drums"),
        ("counter melody", "counter"), ("top line", "melody"), ("主旋律", "melody"),
        ("guitar part", "guitar"), ("accompaniment", "chords"), ("弦乐部分", "strings"),
        ("melpdy", "melody"),
    ],
)  # fmt: skip
def test_parts(said, part):
    assert parts.part(said) == part


def test_musicians_and_occasions():
    assert likened.style_of("clara schumann") == "romantic_piano"
    assert likened.style_of("巴赫") == "baroque" and likened.style_of("the hollow kites") == ""
    assert likened.mood_of("studying") == "calm" and likened.mood_of("跑步") == "energetic"


def test_strength_words():
    assert [words.strength(w) for w in ("a bit", "稍微", "", "way", "很多", "再")] == [
        1,
        1,
        2,
        3,
        3,
        2,
    ]


def test_slips_are_mended_only_towards_one_word():
    assert words.mend("eighyt fvie bars", {"eighty", "eight", "five", "bars"}) == "eighty five bars"
    assert words.mend("hello world", {"yellow"}) == "hello world"

"""Messages to plans: gold frames in, steps of the tools out."""

import random
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from bot.agent import tools
from bot.agent.planning import READING_CHOICES, plan
from bot.agent.understand import read as read_words
from bot.agent.values import MOST_STEPS, Asker, Session, Version
from cogs.help import HELP
from models.listener.frames import INTENTS, SLOTS
from models.listener.grammar import by_hand, generate, read
from models.listener.heard import Heard, HeardFrame

ASKER = Asker(2, None, 3, "en")
TABLE = Session(1, 2, table="abc")
EMPTY = Session(1, 2)
FILE = Session(1, 2, file="2/f1:hum.wav")
MESSAGES = tomllib.loads(Path(__file__).with_name("planned.toml").read_text(encoding="utf-8"))[
    "message"
]


def heard(marked, language="en", confidence=0.99, second="chat"):
    """A marked message as a perfect listener hears it."""
    intents, pieces = read(marked)
    text, spans, slots = "", {}, {index: [] for index in range(len(intents))}
    for piece in pieces:
        first = spans.get(piece.frame, (len(text), 0))[0]
        text += piece.words
        spans[piece.frame] = (first, len(text))
        if piece.slot:
            slots[piece.frame].append((piece.slot, piece.words))
    frames = tuple(
        HeardFrame(intent, tuple(slots[i]), spans.get(i, (0, len(text))), confidence, second, 0.3)
        for i, intent in enumerate(intents)
    )
    return Heard(text, language, frames)


def planned(marked, session=TABLE, language="en", **more):
    return plan(heard(marked, language, **more), session, ASKER, threshold=0.6)


def calls(steps):
    return [(step.tool, dict(step.args)) for step in steps]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m["said"])
def test_what_a_message_comes_to(message):
    language = message["language"]
    drawn = plan(
        heard(message["said"], language), TABLE, replace(ASKER, locale=language), threshold=0.6
    )
    assert drawn.question is None
    found = [
        {"tool": s.tool, "args": {k: v for k, v in s.args.items()}, "after": list(s.after)}
        for s in drawn.steps
    ]
    assert found == message["steps"]
    told = [" ".join(template.split()[:3]) for template, _ in drawn.notes]
    assert told == message.get("notes", [])


def test_there_are_messages_enough_in_both_languages():
    by_language = [m["language"] for m in MESSAGES]
    assert by_language.count("en") >= 80 and by_language.count("zh") >= 40


def test_every_message_of_the_grammar_comes_to_calls_that_the_tools_accept():
    refused = []
    everything = [*by_hand(), *generate(11, 1200)]
    for said in everything:
        frames = tuple(
            HeardFrame(f.intent, f.slots, (0, len(said.text)), 0.9, "chat", 0.1)
            for f in said.frames
        )
        drawn = plan(Heard(said.text, said.language, frames), TABLE, ASKER, threshold=0.5)
        assert len(drawn.steps) <= MOST_STEPS
        assert drawn.steps or drawn.notes or drawn.question, said
        assert all(template.format(**values) for template, values in drawn.notes)
        for number, step in enumerate(drawn.steps, 1):
            assert all(1 <= earlier < number for earlier in step.after)
            for value in step.args.values():
                if isinstance(value, str) and re.fullmatch(r"\$\d+", value):
                    assert int(value[1:]) in step.after
            try:
                tools.validate(step)
            except Exception as error:
                refused.append((said.text, step, error))
    assert not refused, refused[:5]


def test_no_words_in_any_slot_of_any_intent_are_too_much():
    """What a listener gets wrong or somebody types to break it is planned or noted all the same."""
    rng = random.Random(4)
    pool = [pair[1] for said in generate(3, 300) for frame in said.frames for pair in frame.slots]
    pool += [
        "", " ", "$1", "{name}", "%s", "“”", "12345678901234567890", "½", "𝔘𝔫", "-", "十百",
        "x" * 900, "0 bars", "bars 0 to 0", "1/0", "0/4", "999/8", "key of", "零", "@everyone",
        "\\", "()[", "第小节",
    ]  # fmt: skip
    for _ in range(700):
        slots = tuple((rng.choice(list(SLOTS)), rng.choice(pool)) for _ in range(rng.randint(0, 6)))
        text = " ".join(words for _, words in slots)
        frame = HeardFrame(
            rng.choice(list(INTENTS)), slots, (0, len(text)), rng.random(),
            rng.choice(list(INTENTS)), 0.1,
        )  # fmt: skip
        drawn = plan(
            Heard(text, "en", (frame,)), rng.choice([TABLE, EMPTY, FILE]), ASKER, threshold=0.3
        )
        for template, values in drawn.notes:
            assert template.format(**values)


def test_what_is_unsure_is_asked_with_both_readings_and_their_steps():
    drawn = planned("@edit make it [jazz](style)", confidence=0.4, second="compose")
    assert drawn.steps == () and drawn.question is not None
    first, second = drawn.question.options
    assert (first.intent, second.intent) == ("edit", "compose")
    assert calls(first.steps) == [("edit", {"which": "it", "style": "swing"})]
    assert calls(second.steps) == [("compose", {"words": "make it jazz", "style": "swing"})]
    assert drawn.question.said == "make it jazz"


def test_a_frame_that_is_not_sure_is_asked_about_whatever_its_confidence():
    told = heard("@edit make it [jazz](style)", second="compose")
    unsure = replace(told, frames=(replace(told.frames[0], sure=False),))
    assert plan(unsure, TABLE, ASKER, threshold=0.6).question is not None


def test_only_the_doubtful_frame_is_read_again():
    told = heard("@edit [slower](pace) @show play it", second="rate")
    unsure = (told.frames[0], replace(told.frames[1], confidence=0.3))
    drawn = plan(replace(told, frames=unsure), TABLE, ASKER, threshold=0.6)
    tools_of = [[s.tool for s in option.steps] for option in drawn.question.options]
    assert tools_of == [["edit", "show"], ["edit", "rate"]]


def test_what_somebody_chose_before_is_not_asked_again():
    told = heard("@edit make it [jazz](style)", confidence=0.4, second="compose")
    drawn = plan(told, TABLE, ASKER, threshold=0.6, remembered="compose")
    assert drawn.question is None and [s.tool for s in drawn.steps] == ["compose"]


def test_two_readings_that_come_to_the_same_are_not_asked_about():
    drawn = planned("@edit give me [four versions](takes)", confidence=0.3, second="vary")
    assert calls(drawn.steps) == [("vary", {"which": "it", "takes": 4})]


@pytest.mark.parametrize(
    "marked", ["@edit make [it](which) [slower](pace)", "@vary vary [it](which)", "@extend longer"]
)
def test_with_nothing_on_the_table_one_is_asked_what_to_work_on(marked):
    drawn = planned(marked, EMPTY)
    assert drawn.question is not None
    latest, fresh = drawn.question.options
    assert latest.steps[0].tool == "open" and latest.steps[1].args["which"] == "it"
    assert latest.steps[1].after == (1,)
    assert [s.tool for s in fresh.steps] == ["compose"]


def test_what_follows_goes_with_the_answer():
    drawn = planned("@edit make it [slower](pace) @show and send the [midi](item)", EMPTY)
    latest, fresh = drawn.question.options
    assert calls(latest.steps) == [
        ("open", {"which": "the last one"}),
        ("edit", {"which": "it", "pace": 0.862}),
        ("show", {"which": "$2", "items": ["mid"]}),
    ]
    assert [step.after for step in latest.steps] == [(), (1,), (2,)]
    assert [step.tool for step in fresh.steps] == ["compose", "show"]
    assert (latest.intent, fresh.intent) == ("", "")  # not to be remembered


def test_a_piece_that_is_named_needs_nothing_on_the_table():
    drawn = planned("@edit make [the second one](which) [slower](pace)", EMPTY)
    assert calls(drawn.steps) == [("edit", {"which": "the second one", "pace": 0.862})]


def test_a_piece_made_by_the_same_message_is_on_the_table():
    drawn = planned("@compose a [waltz](style), @edit then [slower](pace)", EMPTY)
    assert [s.tool for s in drawn.steps] == ["compose", "edit"]
    assert drawn.steps[1].args["which"] == "$1" and drawn.steps[1].after == (1,)


def test_a_file_is_what_it_means():
    drawn = planned("@arrange here's my hum, make it [bossa](style)", FILE)
    assert calls(drawn.steps) == [("arrange", {"which": "it", "style": "bossa_nova"})]
    drawn = planned("@edit make it [slower](pace)", FILE)
    assert calls(drawn.steps) == [("edit", {"which": "it", "pace": 0.862})]


def test_a_file_that_is_spoken_of_and_was_not_sent_is_asked_for():
    drawn = planned("@arrange arrange my hum as [rock](style) @show send the [score](item)")
    assert drawn.steps == () and "Send me the file" in drawn.notes[0][0]


def test_words_come_first_where_there_is_no_piece():
    drawn = planned("@lyrics words about [the sea](theme)", EMPTY)
    assert calls(drawn.steps) == [("lyrics", {"which": "none", "theme": "the sea"})]


def test_given_chords_in_a_finished_piece_are_asked_about():
    drawn = planned("@edit replace the chords in the [bridge](section) with [Dm G C A](chords)")
    over, again = drawn.question.options
    assert calls(over.steps) == [("compose", {"words": "chords Dm G C A"})]
    assert calls(again.steps) == [
        ("edit", {"which": "it", "section": "bridge", "reroll": ["chords"]})
    ]


def test_a_scale_of_five_notes_is_one_of_seven_and_said_so():
    for marked, language in (
        ("@compose [calm](mood), in [a pentatonic scale](key)", "en"),
        ("@compose [五声音阶](key)的[古风](style)", "zh"),
    ):
        drawn = planned(marked, language=language)
        assert drawn.notes[0][1] == {"key": "major"}
        assert read_words(drawn.steps[0].args["words"]).brief.key.endswith("major")


def test_a_swap_with_somebody_unknown_takes_nobody_out():
    drawn = planned("@edit swap the [piano](without) for [qwertzuiop](instrument)")
    assert drawn.steps == () and "qwertzuiop" in str(drawn.notes)


def test_no_more_than_eight_steps_and_it_says_so():
    marked = " ".join(f"@show play [number {n}](which)" for n in range(1, 11))
    drawn = planned(marked)
    assert len(drawn.steps) == MOST_STEPS
    assert drawn.notes[-1][1] == {"most": MOST_STEPS}


def test_text_of_people_is_harmless_in_notes():
    drawn = planned("@compose something like [@everyone **now**](artist)")
    text = drawn.notes[0][0].format(**drawn.notes[0][1])
    assert "**now**" not in text and "\\*" in text


def test_a_session_with_versions_changes_nothing_in_the_plan():
    version = Version("abc", None, "t", ("Made.", {}), 0.0)
    full = replace(TABLE, versions=(version,), choices=("abc",), past=("x",))
    assert planned("@edit [slower](pace)", full) == planned("@edit [slower](pace)")


def test_every_intent_has_a_name_for_its_reading():
    assert set(INTENTS) <= set(READING_CHOICES)


# Each command of /help: a sentence in both languages, and the tool or the note that it comes to.
COMMANDS = {
    "compose": ("@compose a [waltz](style)", "@compose 写首[圆舞曲](style)", "compose"),
    "song": ("@song a song about [rain](theme)", "@song 写首关于[雨](theme)的歌", "song"),
    "lyrics": ("@lyrics words for [it](which)", "@lyrics 填词", "lyrics"),
    "arrange": ("@arrange [it](which) as [ska](style)", "@arrange 改编成[爵士](style)", "arrange"),
    "edit": ("@edit no [drums](without)", "@edit 不要[鼓](without)", "edit"),
    "rework": ("@vary [three versions](takes)", "@vary [三个版本](takes)", "vary"),
    "motif": ("@compose around the hook 3 5 6 5", "@compose 用动机3 5 6 5写一首", "/motif"),
    "style learn": ("@style learn my style", "@style 学习我的风格", "style"),
    "style use": ("@style use my style [Blue](title)", "@style 用我的风格[蓝](title)", "style"),
    "recommend": ("@recommend some [artists](item)", "@recommend 推荐[歌手](item)", "recommend"),
    "recommend for-us": (
        "@recommend something for [us](person)", "@recommend [我们](person)听什么", "recommend",
    ),
    "rate": ("@rate [4 stars](rating)", "@rate [四星](rating)", "rate"),
    "taste": ("@taste show my taste", "@taste 看看我的口味", "taste"),
    "taste declare": ("@taste i like [jazz](style)", "@taste 我喜欢[爵士](style)", "taste"),
    "taste compare": (
        "@taste compare me with [@bo](person)", "@taste 比比我和[@小满](person)", "taste",
    ),
    "taste digest": ("@recommend five songs every week", "@recommend 每周推荐五首",
    "/taste digest"),
    "listening import": ("@taste import my spotify", "@taste 导入我的听歌记录", "/listening"),
    "library": ("@library my pieces", "@library 我的曲子", "library"),
    "piece show": ("@show play [the second one](which)", "@show 放[第二首](which)", "show"),
    "settings": ("@help reply in chinese please", "@help 用英文回答我", "/settings"),
    "privacy": ("@privacy export my data", "@privacy 导出我的数据", "privacy"),
    "session": ("@help what's on the table", "@help 桌上有什么", "session"),
    "help": ("@help what can you do", "@help 你会什么", "help"),
}  # fmt: skip


def test_help_names_no_command_that_cannot_be_said():
    named = set(
        re.findall(r"/([a-z]+(?: (?:learn|use|show|for-us|declare|digest|compare))?)", HELP)
    )
    assert named - {"piece"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_command_is_sayable(command, language):
    english, chinese, outcome = COMMANDS[command]
    drawn = planned(chinese if language == "zh" else english, language=language)
    if outcome.startswith("/"):
        assert any(outcome in template for template, _ in drawn.notes)
    else:
        assert [step.tool for step in drawn.steps] == [outcome]


def test_a_suggestion_by_its_number_is_among_the_words_of_a_new_piece():
    listed = replace(EMPTY, listing="L", suggested=("Swing jazz", "City pop", "Folk"))
    drawn = planned("@compose make something like [the second one](which)", listed)
    assert drawn.steps[0].tool == "compose"
    assert "City pop" in drawn.steps[0].args["words"]


@pytest.mark.parametrize("words", ["a folk piece, no lyrics", "an instrumental with no vocals"])
def test_a_song_without_words_is_a_piece(words):
    drawn = planned(f"@song {words}", EMPTY)
    assert [step.tool for step in drawn.steps] == ["compose"]


@pytest.mark.parametrize(
    ("said", "language"), [("shorter", "en"), ("短", "zh"), ("a bit shorter", "en")]
)
def test_shorter_without_a_number_has_a_length(said, language):
    drawn = planned(f"@edit [{said}](change)", TABLE, language)
    assert drawn.steps[0].args["length"].startswith("x0.6")


@pytest.mark.parametrize("said", ["the second one", "2", "take 3 please", "第二个", "ok the first"])
def test_a_number_alone_is_a_choice_where_pieces_were_offered(said):
    unsure = Heard(said, "en", (HeardFrame("vary", (), (0, len(said)), 0.3, "edit", 0.2, False),))
    offered = replace(TABLE, choices=("a", "b", "c"))
    assert calls(plan(unsure, offered, ASKER, threshold=0.6).steps) == [("open", {"which": said})]
    assert plan(unsure, TABLE, ASKER, threshold=0.6).steps != (("open", {"which": said}),)


@pytest.mark.parametrize("said", ["the second verse", "2 bars", "make the second one slower"])
def test_more_than_a_number_is_no_choice(said):
    unsure = Heard(said, "en", (HeardFrame("edit", (), (0, len(said)), 0.9, "vary", 0.2, True),))
    drawn = plan(unsure, replace(TABLE, choices=("a", "b", "c")), ASKER, threshold=0.6)
    assert [step.tool for step in drawn.steps] != ["open"]

"""The words people use for music, as data: styles, moods, players, ensembles and purposes.

In: `genres.toml`, `moods.toml`, `instruments.toml`, `ensembles.toml`, `purposes.toml` beside this
file. Out: frozen entries with English and Chinese names, and look-up by any name or alias. Nothing
here decides anything; the planner and the agent do.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

Kind = Literal["style", "mood", "instrument", "kit", "group", "purpose", "ensemble"]

# Traditional characters of the vocabulary and of musical requests, each before its simplified form.
_PAIRS = (
    "樂乐鋼钢號号長长銅铜鑼锣絃弦絲丝風风聲声電电貝贝結结歡欢憂忧傷伤鬱郁緊紧張张靜静寧宁"
    "懷怀舊旧戀恋愛爱溫温熱热氣气勢势聖圣誕诞華华爾尔維维納纳圓圆進进軍军隊队團团響响協协"
    "鳴鸣藍蓝調调節节饒饶說说靈灵龐庞鄉乡謠谣兒儿遊游戲戏視视頻频場场廣广練练習习課课雙双"
    "單单豎竖鈴铃鐘钟鍵键盤盘擊击鋸锯齒齿壓压東东亞亚國国漢汉語语滿满憤愤夢梦飄飘優优詭诡"
    "懸悬驚惊險险戰战鬥斗勝胜輝辉莊庄嚴严肅肃輕轻鬆松緩缓個个兩两幾几應应該该請请寫写給给"
    "這这種种類类無无沒没麼么為为從从開开後后變变還还過过會会來来時时間间動动賽赛達达羅罗"
    "薩萨馬马瑪玛爺爷與与續续雲云陽阳燈灯憶忆獨独詩诗園园車车鳥鸟齊齐尋寻強强屬属賦赋讚赞"
    "頌颂禮礼淚泪暈晕樸朴鬧闹慶庆別别龍龙壯壮麗丽貴贵聽听橋桥導导構构簡简極极數数試试點点"
    "樣样經经頭头實实體体館馆鐵铁藝艺術术傳传統统彈弹撥拨鏡镜瘋疯賀贺裡里劇剧員员學学歲岁"
    "難难軟软慮虑燦灿爛烂奮奋惱恼寶宝勵励遼辽闊阔曠旷淒凄涼凉慘惨緒绪繽缤紛纷燭烛夠够鋪铺"
    "墊垫讓让覺觉當当隨随題题標标揚扬蕩荡譜谱編编賣卖離离總总選选擇择複复雜杂貓猫魚鱼鷹鹰"
    "飛飞遠远邊边鋒锋銳锐沖冲詞词檔档專专輯辑階阶顆颗搖摇籃篮祕秘陰阴"
    "擺摆懶懒簫箫記记資资備备錄录備备烏乌絕绝換换媽妈隻只贊赞"
)
_SIMPLIFIED = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))


@dataclass(frozen=True)
class Entry:
    """What every entry has: an id, its kind, display names by language, and other spellings."""

    id: str
    kind: Kind
    names: Mapping[str, str]
    aliases: tuple[str, ...] = ()

    def name(self, locale: str = "en") -> str:
        """Display name in a language ("en", "zh"), English when there is none."""
        return self.names.get(locale[:2], self.names["en"])


@dataclass(frozen=True)
class Style(Entry):
    """A style: what it sounds like before anything is asked of it.

    `character` is the (valence, arousal) of styles that have a mood of their own (comedy, horror).
    `tempo` is (slowest, typical, fastest) in quarter notes per minute; `meters` and the instrument
    ids of each role come in order of preference; `minor` is the share of pieces in a minor mode and
    `modes` other modes it favours; `swing` is where the off-eighth falls (0.5 straight, 0.67
    triplet); `harmony` names the progression statistics; `kit` is a drum-kit id or "".
    `comp`, `bassline` and `beat` name patterns of the plain accompaniment (`beat` also where `kit`
    is "", for when drums are asked for); `density` is 0..1 and `looseness` (0..1) how far players
    stray from the grid.
    """

    family: str = "pop"
    character: tuple[float, float] | None = None
    tempo: tuple[float, float, float] = (80, 110, 140)
    meters: tuple[str, ...] = ("4/4",)
    minor: float = 0.4
    modes: tuple[str, ...] = ()
    swing: float = 0.5
    harmony: str = "pop"
    melody: tuple[str, ...] = ()
    chords: tuple[str, ...] = ()
    pad: tuple[str, ...] = ()
    bass: tuple[str, ...] = ()
    kit: str = ""
    comp: str = "block"
    bassline: str = "root"
    beat: str = "none"
    density: float = 0.5
    looseness: float = 0.4


@dataclass(frozen=True)
class Mood(Entry):
    """A mood on Russell's circumplex (1980): valence (sad to happy) and arousal (calm to wild)."""

    valence: float = 0.0
    arousal: float = 0.0


@dataclass(frozen=True)
class Instrument(Entry):
    """A General MIDI program (0..127) with its playable range as MIDI notes, sounding pitch.

    `stands_in` spells instruments that General MIDI lacks and this one is nearest to (an erhu is
    played by the fiddle); they are found like aliases, and a reply should say so.
    """

    program: int = 0
    family: str = "piano"
    low: int = 21
    high: int = 108
    roles: tuple[str, ...] = ()
    polyphonic: bool = True
    stands_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kit(Entry):
    """A General MIDI drum kit: the program on the percussion channel."""

    program: int = 0


@dataclass(frozen=True)
class Group(Entry):
    """A word for several instruments or kits (`members`, in order of preference).

    With `together` all of them are meant ("rock band"); otherwise the style chooses one when the
    word is wanted ("guitar") and every member is meant when it is refused ("no guitar").
    """

    members: tuple[str, ...] = ()
    together: bool = False


@dataclass(frozen=True)
class Purpose(Entry):
    """What a piece is for: `seconds` is the usual length, `lengths` the only ones allowed."""

    seconds: float = 60.0
    lengths: tuple[float, ...] = ()
    form: tuple[str, ...] = ()
    loop: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """A player of an ensemble: a unique `name`, an instrument or kit id, and a role.

    `low..high` is where the seat is written for (MIDI notes). It comes in where a section's level
    (0..1) is at least `at`. Seats of one `family` stand from high to low and must not cross. In a
    tutti it plays what the seat `doubles` plays, `octave` octaves away.
    """

    name: str
    instrument: str
    role: str
    low: int = 35
    high: int = 81
    family: str = ""
    at: float = 0.0
    doubles: str = ""
    octave: int = 0


@dataclass(frozen=True)
class Ensemble(Entry):
    """A fixed group of players with a way of writing for it.

    `style` is what it plays when nobody says ("" for anything). Upper voices of a family stay
    within `spacing` semitones of each other and no voice but the melody leaps by more than `leap`;
    0 means that there is no such rule.
    """

    writing: str = "band"
    style: str = ""
    spacing: int = 0
    leap: int = 0
    seats: tuple[Seat, ...] = ()


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Catalogue(Generic[E]):
    """Entries of one kind by id."""

    kind: Kind
    entries: Mapping[str, E]
    _spellings: Mapping[str, str] = field(repr=False, default_factory=dict)

    def __getitem__(self, key: str) -> E:
        return self.entries[key]

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __iter__(self) -> Iterator[E]:
        return iter(self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)

    def find(self, text: str) -> E | None:
        """The entry whose id, name or alias is exactly `text` (case and hyphens aside), or None."""
        key = self._spellings.get(normalise(text))
        return self.entries[key] if key else None

    @property
    def spellings(self) -> Mapping[str, str]:
        """Normalised id, names and aliases -> id; what a fuzzy matcher searches."""
        return self._spellings


@dataclass(frozen=True)
class Vocabulary:
    """All catalogues together."""

    styles: Catalogue[Style]
    moods: Catalogue[Mood]
    instruments: Catalogue[Instrument]
    kits: Catalogue[Kit]
    groups: Catalogue[Group]
    purposes: Catalogue[Purpose]
    ensembles: Catalogue[Ensemble]


def normalise(text: str) -> str:
    """NFKC, lower case, simplified characters, hyphens and underscores as single spaces."""
    plain = unicodedata.normalize("NFKC", text).replace("\ufe0f", "")  # emoji come with and without
    folded = plain.casefold().translate(_SIMPLIFIED)
    return " ".join(re.sub(r"[_\-‐-―]", " ", folded.replace("’", "'")).split())


def _catalogue(kind: Kind, cls: type[E], table: Mapping[str, dict[str, Any]]) -> Catalogue[E]:
    entries: dict[str, E] = {}
    spellings: dict[str, str] = {}
    for key, raw in table.items():
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        fields: dict[str, Any] = {"id": key, "kind": kind, **values}
        entry = cls(**fields)
        entries[key] = entry
        others = entry.stands_in if isinstance(entry, Instrument) else ()
        for spelling in (key, *entry.names.values(), *entry.aliases, *others):
            spellings.setdefault(normalise(spelling), key)
    return Catalogue(kind, entries, spellings)


def _seated(ensembles: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        key: {**raw, "seats": [Seat(**seat) for seat in raw["seats"]]}
        for key, raw in ensembles.items()
    }


@lru_cache(maxsize=1)
def load() -> Vocabulary:
    """Read the files once; the result is immutable."""
    folder = Path(__file__).parent

    def table(name: str) -> dict[str, Any]:
        return tomllib.loads((folder / name).read_text(encoding="utf-8"))

    instruments = table("instruments.toml")
    return Vocabulary(
        styles=_catalogue("style", Style, table("genres.toml")["styles"]),
        moods=_catalogue("mood", Mood, table("moods.toml")["moods"]),
        instruments=_catalogue("instrument", Instrument, instruments["instruments"]),
        kits=_catalogue("kit", Kit, instruments["kits"]),
        groups=_catalogue("group", Group, instruments["groups"]),
        purposes=_catalogue("purpose", Purpose, table("purposes.toml")["purposes"]),
        ensembles=_catalogue("ensemble", Ensemble, _seated(table("ensembles.toml")["ensembles"])),
    )

"""The engraver's own process: MusicXML in, PDF and PNG out. Run as a script, never imported.

In: a folder with `jobs.json` (a list of jobs, see `bot.render.sheet`) and the MusicXML files that
it names. Out: the files that each job asks for, in the same folder; exit status 0 when all exist.
verovio can die of a signal (SIGFPE on 1 of 300 damaged files, notes/rendering.md section 6), so it
lives here, under limits on memory and processor time, and takes nobody with it.

The fonts come out of verovio's own wheel: it measures text in Times and draws its glyphs in Leland,
and without fonts of those measures resvg draws no text at all.
"""

import base64
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

_MEMORY = 3 << 30  # bytes of address space; 40 pages need a tenth of it
_PROCESSOR = 120  # seconds
_DPI_WIDTH = 1500  # pixels of the picture's width
_FACES = ("Liberation.css", "Leland.css", "Leipzig.css")  # Leipzig: the flats of chord symbols
_TEXT_FONT = "Liberation Serif"
_TITLE = re.compile(r'(<rend xml:id="\w+")( halign="center" valign="top">(.*?)</rend>)', re.DOTALL)
_GLYPH_FONT = re.compile(r'font-family="Leland" font-size="(\d+)px"')
_SYLLABLE = re.compile(r'(<syl xml:id="(\w+)"[^>]*>)([^<]*)</syl>')
_DRAWN = re.compile(r'(<g id="(\w+)" class="syl">(?:<(?!/?g)[^>]*>)+)([^<]+)(<)')
_WIDE, _SLIM = "W", "r"  # as wide as a Chinese character, and as a quotation mark
_EAST = "\u2e80"  # characters are Chinese from here on
_GLYPH_SIZE = 0.62  # the note before "= 120" as tall as its words: verovio sets it twice as tall


def main(folder: Path) -> None:
    """Carry out the jobs of a folder."""
    _limit()
    jobs = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
    fonts = folder / "fonts"
    _unpack_fonts(fonts)
    for extra in jobs["fonts"]:
        _bring(Path(extra), fonts)
    for job in jobs["jobs"]:
        _engrave(job, folder, fonts, jobs["families"])


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows: only the parent's timeout holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR, _PROCESSOR))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _unpack_fonts(fonts: Path) -> None:
    """Write the text and glyph fonts of verovio's wheel (WOFF2 inside CSS) as TrueType."""
    import verovio
    from fontTools.ttLib import TTFont

    fonts.mkdir()
    data = Path(verovio.__file__).parent / "data"
    for sheet in _FACES:
        packed = re.findall(r"base64,([A-Za-z0-9+/=]+)", (data / sheet).read_text())
        for number, face in enumerate(packed):
            font = TTFont(io.BytesIO(base64.b64decode(face)))
            font.flavor = None
            font.save(fonts / f"{Path(sheet).stem}{number}.ttf")


def _bring(font: Path, fonts: Path) -> None:
    try:
        (fonts / font.name).symlink_to(font)
    except OSError:
        (fonts / font.name).write_bytes(font.read_bytes())


def _engrave(job: dict[str, Any], folder: Path, fonts: Path, families: list[str]) -> None:
    width, height = job["page"]  # tenths of a millimetre
    pages = _pages(folder / job["xml"], width, height, job["unit"])
    family = ", ".join([_TEXT_FONT, *families, "serif"])
    pages = [_sharp(p).replace("Times, serif", family) for p in pages]
    if job["png"]:
        (folder / job["png"]).write_bytes(_picture(pages[0], fonts))
    (folder / job["pdf"]).write_bytes(_document(pages, folder, fonts, width, height))


def _pages(xml: Path, width: int, height: int, unit: float) -> list[str]:
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "pageWidth": width,
            "pageHeight": height,
            "unit": unit,
            "scale": 100,
            "font": "Leland",
            "smuflTextFont": "none",  # the glyph font is ours to find, not embedded
            "svgFormatRaw": True,  # white space between the words of a title would move it
            "header": "auto",
            "footer": "none",
            "breaks": "auto",
            "condense": "auto",
            "justifyVertically": True,
            "lyricWordSpace": 1.6,
            "pageMarginTop": 100,
            "pageMarginBottom": 100,
            "pageMarginLeft": 120,
            "pageMarginRight": 100,
        }
    )
    if not toolkit.loadFile(str(xml)):
        raise SystemExit("verovio does not read the file")
    # verovio drops the sizes of credits, and counts no pages where there are credits; in its own
    # format it does both.
    mei, sung = _measurable(_headed(toolkit.getMEI()))
    if not toolkit.loadData(mei):
        raise SystemExit("verovio does not read its own file")
    pages = (toolkit.renderToSVG(n) for n in range(1, toolkit.getPageCount() + 1))
    return [_sung(page, sung) for page in pages]


def _measurable(mei: str) -> tuple[str, dict[str, str]]:
    """Syllables with letters for what has no width, and what they are, by their ids.

    verovio knows the widths of Latin-1. Beside Chinese characters marks are as wide as they.
    """
    sung: dict[str, str] = {}

    def lettered(found: re.Match[str]) -> str:
        other = _WIDE if max(found[3], default="") >= _EAST else _SLIM
        text = "".join(other if ord(c) > 0xFF else c for c in found[3])
        if text != found[3]:
            sung[found[2]] = found[3]
        return f"{found[1]}{text}</syl>"

    return _SYLLABLE.sub(lettered, mei), sung


def _sung(page: str, sung: dict[str, str]) -> str:
    """A page with the syllables back that `_measurable` took away."""
    if not sung:
        return page

    def spoken(found: re.Match[str]) -> str:
        text = sung.get(found[2])
        return f"{found[1]}{text}{found[4]}" if text else found[0]

    return _DRAWN.sub(spoken, page)


def _headed(mei: str) -> str:
    """A large title, and on every later page the title and the page's number."""
    title = _TITLE.search(mei)
    if title is None:
        return mei
    mei = mei.replace(title[0], f'{title[1]} fontsize="x-large"{title[2]}', 1)
    later = (
        f'<pgHead func="all"><rend halign="left" valign="top">{title[3]}</rend>'
        '<rend halign="right" valign="top"><num label="page">#</num></rend></pgHead>'
    )
    return mei.replace("</pgHead>", f"</pgHead>{later}", 1)


def _sharp(svg: str) -> str:
    """Glyphs without outlines (viewers of PDF draw the thinnest line a pixel wide), smaller notes.

    verovio outlines every path; in a glyph that is 1/1000 of an em.
    """
    svg = svg.replace(
        '<path transform="scale(1,-1)"', '<path style="stroke:none" transform="scale(1,-1)"'
    )
    return _GLYPH_FONT.sub(
        lambda m: f'font-family="Leland" font-size="{int(m[1]) * _GLYPH_SIZE:.0f}px"', svg
    )


def _picture(svg: str, fonts: Path) -> bytes:
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            width=_DPI_WIDTH,
            background="white",
            font_files=[str(p) for p in sorted(fonts.iterdir())],
            serif_family=_TEXT_FONT,
            skip_system_fonts=True,
        )
    )


def _document(pages: list[str], folder: Path, fonts: Path, width: int, height: int) -> bytes:
    import typst

    lines = [f"#set page(width: {width / 10}mm, height: {height / 10}mm, margin: 0mm)"]
    for number, page in enumerate(pages):
        (folder / f"page{number}.svg").write_text(page, encoding="utf-8")
        lines += ["#pagebreak()"] * (number > 0)
        lines.append(f'#image("page{number}.svg", width: 100%, height: 100%)')
    source = folder / "pages.typ"
    source.write_text("\n".join(lines), encoding="utf-8")
    return bytes(typst.compile(str(source), font_paths=[str(fonts)], ignore_system_fonts=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

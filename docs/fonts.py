"""Takes from Streamlit's fonts the icons and letters that can be shown: assets/fonts/. `python docs/fonts.py`.

A first visit to a page fetched 545 kB of fonts for a few dozen icons and the Latin letters. A file keeps the name of
the one it stands for, which says its version: of another Streamlit, the whole font is served until this is run again.
Fonts: Material Symbols by Google (Apache License 2.0), Source Sans by Adobe (SIL Open Font License 1.1).
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import streamlit  # noqa: TID251  # its fonts and scripts are read, nothing is drawn
from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "assets" / "fonts"
STATIC = Path(streamlit.__file__).parent / "static" / "static"
# Latin with every accent in use, Greek, raised and lowered signs, arrows, mathematics, shapes.
LETTERS = (
    (0x20, 0x180), (0x2B0, 0x400), (0x1D00, 0x1DC0), (0x2000, 0x2300), (0x25A0, 0x2800)
)  # fmt: skip


def font_named(start: str) -> Path:
    """Streamlit's own font whose file's name begins so."""
    (found,) = (STATIC / "media").glob(f"{start}*.woff2")
    return found


def ligatures(font: Any) -> Iterator[tuple[str, Any, str, Any]]:
    """Each word that an icon font draws as one sign: the word, where it stands, under which first glyph, itself."""
    lowercase = {name: chr(code) for code, name in sorted(font.getBestCmap().items()) if 48 <= code < 123}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            if table.LookupType != 4:
                continue
            for first, found in table.ligatures.items():
                for one in found:
                    word = "".join(lowercase.get(name, "?") for name in (first, *one.Component))
                    yield word, table, first, one


def icons_in_use(words: set[str]) -> set[str]:
    """Those that name an icon in the lab, or stand in quotes in Streamlit's scripts: too many, not too few.

    A name that the lab makes as it goes (counter_{i}) stands for every word that it can become.
    """
    ours = [*ROOT.glob("*.py"), *ROOT.glob("pages/*.py")]
    ours += [path for room in ("ui", "dlcore", "assets") for path in (ROOT / room).rglob("*.*")]
    texts = [
        path.read_text(encoding="utf-8") for path in ours if path.suffix in (".py", ".toml", ".js", ".css")
    ]
    named = set()
    for name in {name for text in texts for name in re.findall(r":material/([^:\s]+):", text)}:
        made = re.compile("[a-z0-9_]+".join(map(re.escape, re.split(r"\{[^}]*\}", name))))
        named |= {word for word in words if made.fullmatch(word)}
    for script in (STATIC / "js").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        named |= set(re.findall(r"[`\"'](?::material/)?([a-z0-9_]{2,40}):?[`\"']", text))
    return named & words


def _written(font: Any, letters: subset.Subsetter) -> bytes:
    letters.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def _subsetter(**what: Any) -> subset.Subsetter:
    options = subset.Options()
    options.layout_features = ["*"]
    options.name_IDs = ["*"]  # who made the font, and its license, travel with it
    letters = subset.Subsetter(options)
    letters.populate(**what)
    return letters


def icons() -> tuple[str, bytes]:
    """Name and content of the icon font with the icons in use."""
    path = font_named("MaterialSymbols-Rounded")
    font = TTFont(path, recalcTimestamp=False)
    known = list(ligatures(font))
    kept = icons_in_use({word for word, *_ in known})
    for word, table, first, one in known:
        if word not in kept:
            table.ligatures[first].remove(one)
    return path.name, _written(font, _subsetter(text="".join(sorted(kept))))


def letters() -> tuple[str, bytes]:
    """Name and content of the text font with the letters of LETTERS."""
    path = font_named("SourceSansVF-Upright")
    wanted = [code for start, end in LETTERS for code in range(start, end)]
    return path.name, _written(TTFont(path, recalcTimestamp=False), _subsetter(unicodes=wanted))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.woff2"):
        old.unlink()
    for name, content in (icons(), letters()):
        (FOLDER / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes instead of {(STATIC / 'media' / name).stat().st_size:,}")


if __name__ == "__main__":
    main()

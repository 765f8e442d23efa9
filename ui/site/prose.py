"""The lab's texts as HTML: Markdown as far as they use it, formulas as MathML."""

import re
from collections.abc import Callable
from html import escape

from ui.site.formulas import mathml

_MATH = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_EMPHASIS = re.compile(r"(?<![\w*])\*(?!\s)(.+?)(?<!\s)\*(?![\w*])", re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\((#[\w-]+|https://[^)\s]+)\)")
_HELD = re.compile("\0(\\d+)\0")


def inline(text: str) -> str:
    """A line of Markdown as HTML: formulas, code, strong, emphasis, links; everything else is text."""
    held: list[str] = []

    def hold(made: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
        def kept(found: re.Match[str]) -> str:
            held.append(made(found))
            return f"\0{len(held) - 1}\0"

        return kept

    text = _CODE.sub(hold(lambda found: f"<code>{escape(found[1])}</code>"), text)
    text = _MATH.sub(hold(lambda found: mathml(found[1] or found[2], bool(found[1]))), text)
    text = escape(text, quote=False)
    text = _LINK.sub(r'<a href="\2">\1</a>', text)
    text = _EMPHASIS.sub(r"<em>\1</em>", _STRONG.sub(r"<strong>\1</strong>", text))
    return _HELD.sub(lambda found: held[int(found[1])], text.replace("  \n", "<br>"))


def blocks(text: str) -> str:
    """Paragraphs of Markdown as HTML; lines that begin with "- " are a list, with "|" a table."""
    return "".join(_block(part) for part in re.split(r"\n{2,}", text.strip()))


def _block(part: str) -> str:
    lines = part.split("\n")
    if all(line.startswith("- ") for line in lines):
        return "<ul>" + "".join(f"<li>{inline(line[2:])}</li>" for line in lines) + "</ul>"
    if all(line.startswith("|") for line in lines):
        rows = [[inline(cell.strip()) for cell in line.strip("|").split("|")] for line in lines]
        return table(rows[0], rows[2:])
    return f"<p>{inline(part)}</p>"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Cells that are HTML already, as a table that can be pushed sideways where it is too wide."""
    over = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    below = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        '<div class="scrolls" tabindex="0" role="region" aria-label="Table"><table>'
        f"<thead><tr>{over}</tr></thead><tbody>{below}</tbody></table></div>"
    )

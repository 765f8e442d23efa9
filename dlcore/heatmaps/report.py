"""A report to print: one self-contained HTML page of pictures, tables and sentences, all text escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.metadata import version

PACKAGES = ("torch", "numpy", "opencv-python-headless", "pillow", "streamlit")

CSS = """
  body { font: 15px/1.45 system-ui, sans-serif; color: #1B2430; }
  body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 1.4rem 0 .4rem; }
  .pictures { display: flex; flex-wrap: wrap; gap: 1rem; }
  figure { margin: 0; flex: 1 1 14rem; max-width: 20rem; }
  figure img { width: 100%; image-rendering: pixelated; border: 1px solid #7C8896; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: .15rem .8rem .15rem 0; border-bottom: 1px solid #D5DAE0; vertical-align: top; }
  .warning { font-weight: 600; border: 1.5px solid #1B2430; padding: .4rem .7rem; }
  @page { margin: 16mm; }
  @media print {
    body { margin: 0; max-width: none; }
    figure, table, h2 { break-inside: avoid; }
    h2 { break-after: avoid; }
  }
"""


@dataclass(frozen=True)
class Section:
    """A table under a heading; the first row of `rows` is its head."""

    heading: str
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Report:
    """What is to be printed.

    Attributes:
        title: also the page's title.
        sentences: above the pictures, one paragraph each.
        warning: set in a frame.
        pictures: (caption, address), the address a data: one.
        drawing: SVG elements of ours, for the colour scale; no user's text goes in here.
        sections: tables, in order.
    """

    title: str
    sentences: Sequence[str]
    warning: str
    pictures: Sequence[tuple[str, str]]
    drawing: str
    sections: Sequence[Section]


def html(report: Report) -> str:
    """The report as one HTML file that needs no other."""
    paragraphs = "".join(f"<p>{escape(text)}</p>\n" for text in report.sentences)
    figures = "".join(
        f'<figure><img src="{escape(address)}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>\n"
        for caption, address in report.pictures
    )
    tables = "".join(f"<h2>{escape(s.heading)}</h2>\n{_table(s.rows)}" for s in report.sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(report.title)}</title>\n<style>{CSS}</style></head>\n<body>\n"
        f"<h1>{escape(report.title)}</h1>\n"
        f'<p class="warning">{escape(report.warning)}</p>\n{paragraphs}'
        f'<div class="pictures">\n{figures}</div>\n'
        f'<svg width="264" height="36" font-family="sans-serif" font-size="12" role="img" '
        f'aria-label="Color scale"><g transform="translate(4 4)">{report.drawing}</g></svg>\n'
        f"{tables}</body></html>\n"
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = [f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"]
    lines += [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body]
    return "<table>\n" + "\n".join(lines) + "\n</table>\n"


def versions() -> list[tuple[str, str]]:
    """Package -> version, of those that decide the numbers."""
    return [(name, version(name)) for name in PACKAGES]

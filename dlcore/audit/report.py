"""The audit as one page to print: self-contained HTML, all text escaped, every number in it once more as JSON."""

import base64
import io
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dlcore.audit.beside import beside
from dlcore.audit.findings import SECTIONS, Audit, Finding
from dlcore.data import ImageSet
from dlcore.number_text import percent

THUMBNAIL = 84  # pixels
WIDTH, ROW, LEFT = 620, 22, 210  # of the drawing of the probes
WORDS = {
    "Twins": "An image that the network has seen in training tells nothing about new ones.",
    "Labels": "Two equal pictures with different labels: one of the labels is wrong, or the picture does not decide.",
    "Classes": "How common each class is, and whether that differs between the parts.",
    "Pictures": "Pictures that are broken, or unlike all others.",
    "Probes": "How well the label can be guessed without looking at the object. What is outside the object, or fails "
    "on another part, is called a shortcut; anything else may be the object itself.",
    "Baselines": "What a network has to beat before it is worth anything. Scored on the validation part.",
    "Size": "How exactly so few images can tell one network from another.",
    "Network": "What the trained network knows about itself. Scored on the validation images of its own split.",
    "What it uses": "The frame or a corner of each validation image is exchanged for that of another one, drawn at "
    "random: does the accuracy fall? It is called a shortcut where the probe of the same region is called too; a "
    "network may also compare the object with what lies around it.",
    "Heat map": "Whether the map that is shown as an explanation depends on what the network has learned, and "
    "whether the pixels it marks matter to the answer, beside pixels in a random order and from the center out.",
    "Sealed test": "The one score that no choice has touched. It is asked for once, and every look is counted.",
}
CSS = """
  body { font: 15px/1.45 system-ui, sans-serif; color: #1B2430; max-width: 50rem; }
  body { margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 1.6rem 0 .2rem; border-bottom: 1px solid #D5DAE0; }
  .words { color: #4A5563; margin: 0 0 .5rem; }
  .finding { margin: .6rem 0; padding-left: .7rem; border-left: 3px solid #D5DAE0; break-inside: avoid; }
  .alarm { border-left: 3px solid #B4531A; }
  .alarm > p:first-child::before { content: "Act on this. "; font-weight: 700; }
  .finding p { margin: .1rem 0; } .small { color: #4A5563; font-size: .88rem; }
  .pictures { display: flex; flex-wrap: wrap; gap: .5rem; margin: .3rem 0; }
  figure { margin: 0; display: flex; gap: 2px; flex-wrap: wrap; max-width: 180px; }
  figcaption { font-size: .75rem; width: 100%; }
  img { image-rendering: pixelated; border: 1px solid #7C8896; }
  table { border-collapse: collapse; }
  th { text-align: left; padding: .1rem .8rem .1rem 0; }
  td { padding: .1rem .8rem .1rem 0; vertical-align: top; overflow-wrap: anywhere; }
  svg text { font: 12px system-ui, sans-serif; }
  @page { margin: 16mm; } @media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } }
"""


def html(audit: Audit, imageset: ImageSet, date: str, address: str = "", before: Audit | None = None) -> str:
    """The page.

    Args:
        imageset: the images that findings point at, those of test included: who reads them has seen them.
        date: of the audit, as it is to be printed.
        address: where the lab runs, if anywhere.
        before: the audit of the set that this one was made from.
    """
    sections = "".join(_section(name, audit, imageset) for name in SECTIONS)
    numbers = audit.to_json().replace("<", "\\u003c")  # no text of a set ends the script
    name = f"a version of {audit.made_from[0][0]}" if audit.made_from else audit.name
    title = f"Audit of {name[:52]}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"{_facts(audit, date, address)}{_summary(audit)}{_beside(before, audit)}{sections}"
        f'<script type="application/json" id="numbers">{numbers}</script>\n'
        "</body></html>\n"
    )


def _facts(audit: Audit, date: str, address: str) -> str:
    train, validation, test = audit.sizes
    rows = [
        ("Date", date),
        ("Images", " × ".join(f"{size:,}" for size in audit.images)),
        ("Parts", f"{train:,} train, {validation:,} validation, {test:,} test. {audit.split}"),
        ("Content (sha256)", audit.sha256),
        ("Versions", ", ".join(f"{name} {v}" for name, v in audit.versions.items())),
        *(("Made from", f"{name[:24]}: {done}") for name, done in audit.made_from),
        *([("Network (run)", audit.recipe)] if audit.recipe else []),
        *([("Address", address)] if address else []),
    ]
    cells = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>\n" for a, b in rows)
    return f"<table>\n{cells}</table>\n"


def _summary(audit: Audit) -> str:
    """How many findings ask for something in each section; never one verdict for everything."""
    said = []
    for name in SECTIONS:
        of = [f for f in audit.findings if f.section == name]
        if of:
            acting = sum(f.is_alarm for f in of)
            said.append(
                f"{name}: {f'{acting} of {len(of)} to act on' if acting else f'{len(of)} looked at, none'}"
            )
    return f"<p>{escape('; '.join(said))}.</p>\n"


def _beside(before: Audit | None, audit: Audit) -> str:
    """What was called before and is now; nothing of a set that is no version."""
    if before is None:
        return ""
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in beside(before, audit)
    )
    head = "<tr><th>Question</th><th>before</th><th>now</th></tr>\n"
    return f"<h2>Before and now</h2>\n<table>\n{head}{rows}</table>\n"


def _section(name: str, audit: Audit, imageset: ImageSet) -> str:
    of = [finding for finding in audit.findings if finding.section == name]
    if not of:
        return ""
    drawing = forest(of) if name in ("Probes", "Baselines") else ""
    body = "".join(_finding(finding, imageset) for finding in of)
    return f'<h2>{name}</h2>\n<p class="words">{escape(WORDS[name])}</p>\n{drawing}{body}'


def _finding(finding: Finding, imageset: ImageSet) -> str:
    rate = finding.false_alarm_rate
    small = [f"n = {finding.n:,}"]
    if rate is not None:
        small.append(
            "this rule cannot err"
            if rate == 0
            else f"the rule errs in at most {percent(rate, 0)} of clean sets"
        )
    advice = f"<p><b>What to do:</b> {escape(finding.advice)}</p>\n" if finding.advice else ""
    return (
        f'<div class="finding{" alarm" if finding.is_alarm else ""}"><p>{escape(finding.text)}</p>\n{advice}'
        f"{_pictures(finding.example, imageset)}"
        f'<p class="small">{escape("; ".join(small))}</p></div>\n'
    )


def _pictures(example: NDArray[np.int64], imageset: ImageSet) -> str:
    """Images with their numbers and labels; pairs side by side."""
    if not len(example):
        return ""
    figures = []
    for row in example.reshape(len(example), -1):
        names = " / ".join(f"{i}: {imageset.class_names[imageset.labels[i]]}" for i in row)
        size = f'width="{THUMBNAIL}" height="{THUMBNAIL}" alt="{escape(names)}"'
        images = "".join(f'<img {size} src="{data_url(imageset.images[i])}">' for i in row)
        figures.append(f"<figure>{images}<figcaption>{escape(names)}</figcaption></figure>")
    return f'<div class="pictures">{"".join(figures)}</div>\n'


def data_url(image: NDArray[np.uint8]) -> str:
    """An image (h, w) or (h, w, 3) as a data: address of a PNG."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def forest(findings: list[Finding]) -> str:
    """Values with their intervals, one a line, on the scale from 0 to 1; a dashed line at one half."""
    rows = []

    def x(value: float) -> float:
        return LEFT + value * (WIDTH - LEFT - 10)

    for i, finding in enumerate(f for f in findings if f.interval is not None):
        y = ROW * (i + 1)
        low, high = finding.interval or (0.0, 1.0)
        color = "#B4531A" if finding.is_alarm else "#1B5E8C"
        name = finding.key.partition(": ")[2] or finding.key
        rows.append(
            f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(name)}</text>'
            f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}" stroke="{color}" stroke-width="2"/>'
            f'<circle cx="{x(finding.measured):.1f}" cy="{y}" r="4" fill="{color}"/>'
        )
    height = ROW * (len(rows) + 2)
    ticks = "".join(
        f'<text x="{x(v):.1f}" y="{height - 6}" text-anchor="middle">{v:g}</text>'
        for v in (0, 0.25, 0.5, 0.75, 1)
    )
    half = f'<path d="M{x(0.5):.1f} 6V{height - 20}" stroke="#7C8896" stroke-dasharray="4 3"/>'
    label = "Values with their 95% intervals; the dashed line is at one half."
    head = f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" aria-label="{label}">'
    return f"{head}{half}{ticks}{''.join(rows)}</svg>\n"

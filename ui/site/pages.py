"""The pages of the static edition as HTML: what surrounds a picture, and the first page with the ways in."""

import html
from datetime import UTC, datetime
from typing import Any

from dlcore import __version__
from dlcore.assets import ASSETS
from ui.course import home
from ui.frame import javascript
from ui.frame.foot import SOURCE, TITLE
from ui.frame.static_page import as_script, document
from ui.site.parity import checks
from ui.site.picture import Picture
from ui.site.prose import blocks, inline
from ui.site.sentences import Told, paths

STYLE = (ASSETS / "site.css").read_text(encoding="utf-8")
DRAWN = (ASSETS / "drawn.css").read_text(encoding="utf-8")  # of what the lessons' pictures have in plain HTML
# How the menu names them; the softmax and the hand are tabs of the lab's pages.
MENU = {
    "index": "Start here",
    "neuron": "One neuron",
    "softmax": "Softmax",
    "network": "Small network",
    "backprop": "Backprop stepper",
    "race": "Optimizer race",
    "convolution": "Convolution",
    "hand": "Inside a trained CNN",
    "lessons": "Lessons",
    "vocabulary": "Vocabulary",
    "quiz": "Test yourself",
}
TEXTS = ("lessons", "vocabulary", "quiz")  # pages that are no picture
ABOUT = {
    "softmax": "Drag scores and see which shares they become.",
    "hand": "Paint over an image and watch every map and every score of a trained network follow.",
}
ADDRESS = """<h2>You have an address of the lab?</h2>
<form id="from-the-lab"><label>Address<input type="text" inputmode="url" autocomplete="off" required
 placeholder="https://…/neuron-playground?neuron_f=tanh"></label><button>Open the same state here</button></form>
<p id="no-page" role="status"></p>
<p>This is the static edition: it asks no server for anything. Trainings and your own images need the full lab.</p>"""
SHAPE = {"index": "start", "race": "side", "convolution": "side", "network": "above", "hand": "above"}


def page_of(picture: Picture, lab: str, menu: list[str], pictures: tuple[Picture, ...] = ()) -> str:
    """A page with a moving picture.

    Args:
        lab: address of the full lab; "" where nobody knows it.
        menu: files of all pages.
        pictures: of all pages, where this is the first.
    """
    told, name = picture.told, picture.component
    title = next(iter(picture.fixed.values()), told.title)
    is_first = picture.file == "index"
    body = f"""{navigation(picture.file, menu)}
<main>
{band(title, told)}
<div class="stage {SHAPE.get(picture.file, "")}">
<div id="picture"></div><div id="controls"></div>{_ways_in(menu) if is_first else ""}</div>
<p id="problem" role="status"></p><p id="example"></p>
<div class="sentences">{noticed(told)}</div>
<div class="check"><button type="button" id="compute">Compute 50 states again, in this browser</button>
<span id="verdict" role="status"></span></div>
{go_on(lab)}{ADDRESS if is_first else ""}
</main>
{foot()}"""
    of = f"site/of_{name}.js"
    sent = _sent(picture, lab)
    follow = ""
    if is_first:
        known = [(p.file, p.page, p.fixed) for p in pictures] + [(name, name, {}) for name in TEXTS]
        known.sort(key=lambda place: -len(place[2]))  # a tab of its own before the page
        places = [{"file": file, "path": paths()[page], "fixed": fixed} for file, page, fixed in known]
        follow = f"lab[{as_script(javascript.STATIC_PAGE)}].follow({as_script(places)});"
    script = f"""{javascript.script(javascript.STATIC_PAGE, of, javascript.entry(name))}
lab.page = lab["{javascript.STATIC_PAGE}"].open(lab["{javascript.entry(name)}"].create, lab["{of}"].state,
  {as_script(sent)}, {as_script(javascript.style(name))});
{follow}"""
    return whole(title, body, script)


def _sent(picture: Picture, lab: str) -> dict[str, Any]:
    return {
        "data": picture.data,
        "controls": picture.controls,
        "names": picture.names,
        "fixed": picture.fixed,
        "more": {name: value for name, value in picture.more.items() if name != "scores"},
        "checks": checks(picture),
        "lab": f"{lab.rstrip('/')}/{paths()[picture.page]}" if lab else "",
    }


# On a phone the menu is one line that can be pushed: the page that is open stands in sight.
IN_SIGHT = """{ const here = document.querySelector("nav [aria-current]");
here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.clientWidth / 2; }"""


def whole(title: str, body: str, script: str, style: str = "") -> str:
    """A page of this edition, with more style where it needs that."""
    full_title = TITLE if title == TITLE else f"{title} · {TITLE}"
    return document(full_title, body, f"{script}\n{IN_SIGHT}", STYLE + style)


def navigation(here: str, menu: list[str]) -> str:
    """Links to all pages."""
    links = [
        f'<a href="{name}.html"{" aria-current=page" if name == here else ""}>{MENU[name]}</a>'
        for name in menu
    ]
    return f'<nav aria-label="Pages">{"".join(links)}</nav>'


def band(title: str, told: Told) -> str:
    """Title and claim."""
    return f'<div class="band"><h1>{inline(title)}</h1><p>{inline(str(told.claim))}</p></div>'


def noticed(told: Told) -> str:
    """What to try and what to see, and what is said below that."""
    if told.to_try is None:
        return ""
    said = f"**Try** — {told.to_try}  \n**Notice** — {told.to_see}"
    return blocks(said) + "".join(blocks(str(claim)) for claim in told.more)


def go_on(lab: str, path: str = "") -> str:
    """The link to the same state in the full lab, in a new tab; nothing where nobody knows its address."""
    if not lab:
        return ""
    link = html.escape(f"{lab.rstrip('/')}/{path}", quote=True)
    return f'<p><a id="lab" href="{link}" target="_blank" rel="noopener">Continue in the full lab</a></p>'


def _ways_in(menu: list[str]) -> str:
    sentences = home.PAGES | {"race": home.PAGES["optimizers"]} | ABOUT
    lines = [
        f'<dt><a href="{name}.html">{MENU[name]}</a></dt><dd>{inline(sentences[name])}</dd>'
        for name in menu
        if name in sentences
    ]
    return f'<div><h2>All pages</h2><dl class="pages">{"".join(lines)}</dl></div>'


def foot() -> str:
    """What the lab follows, its version and license."""
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    return f"<footer>{inline(f'Follows the {SOURCE}. {TITLE}, version {__version__}, MIT license, {when}.')}</footer>"

"""The vocabulary of the static edition: every entry in one page, searched in the browser."""

import html
from itertools import groupby

from dlcore.vocabulary import ALL_WORDS, Term, named
from dlcore.vocabulary.search import respelled
from dlcore.vocabulary.terms import plain
from dlcore.word_pictures import picture
from ui.course.vocabulary import PARTS, WHOLE
from ui.frame import javascript
from ui.frame.static_page import as_script
from ui.site.formulas import mathml
from ui.site.packed import UNPACK, packed
from ui.site.pages import band, foot, go_on, navigation, noticed, whole
from ui.site.picture import Picture, shows
from ui.site.prose import blocks, inline
from ui.site.sentences import paths, told

SCRIPT, PICTURE = "site/words.js", "word_picture"


def page(lab: str, menu: list[str], pictures: tuple[Picture, ...]) -> str:
    """The page.

    Args:
        lab: address of the full lab, or "".
        pictures: the pages on which a word can be tried here.
    """
    entries = "".join(
        f"<h2>{html.escape(group)}</h2>{''.join(_entry(word, pictures, lab) for word in words)}"
        for group, words in groupby(ALL_WORDS, key=lambda word: word.group)
    )
    parts = "".join(f"<option>{html.escape(part)}</option>" for part in (WHOLE, *PARTS))
    body = f"""{navigation("vocabulary", menu)}
<main>
{band(told("vocabulary").title, told("vocabulary"))}
<form onsubmit="return false"><label>Search<input type="search" id="search" maxlength="80" autocomplete="off"
 placeholder="loss, gradient, η …"></label><label>Part<select id="part">{parts}</select></label></form>
<p id="count" role="status"></p>
<div class="sentences">{noticed(told("vocabulary"))}</div>
<div id="words">{entries}</div>
{go_on(lab, paths()["vocabulary"])}
</main>
{foot()}"""
    words = [
        {
            "slug": word.slug,
            "group": word.group,
            "names": [word.name, *word.also],
            "text": respelled(
                plain(" ".join((word.name, *word.also, word.definition, word.short, word.group)))
            ),
            "symbols": word.symbols,
        }
        for word in ALL_WORDS
    ]
    drawn = {word.slug: made.to_data() for word in ALL_WORDS if (made := picture(word.name))}
    sent = {"words": words, "lab": f"{lab.rstrip('/')}/{paths()['vocabulary']}"}
    create = f'lab["{javascript.entry(PICTURE)}"].create, {as_script(javascript.style(PICTURE))}'
    script = f"""{javascript.script(SCRIPT, UNPACK, javascript.entry(PICTURE))}
lab["{SCRIPT}"].open({as_script(sent)});
lab["{UNPACK}"].unpack("{packed(drawn)}").then((drawn) => lab["{SCRIPT}"].illustrate(drawn, {create}));"""
    return whole(told("vocabulary").title, body, script)


def _entry(word: Term, pictures: tuple[Picture, ...], lab: str) -> str:
    formula = f'<div class="scrolls" tabindex="0">{mathml(word.formula, True)}</div>' if word.formula else ""
    drawn = '<div class="picture"></div>' if picture(word.name) else ""
    mistake = blocks(f"*Common mistake:* {word.mistake}") if word.mistake else ""
    related = [other for name in word.related if (other := named(name, ALL_WORDS))]
    links = ", ".join(f'<a href="#vocabulary_term={one.slug}">{html.escape(one.name)}</a>' for one in related)
    more = f"<p>See also: {links}</p>" if links else ""
    return (
        f'<article id="{word.slug}"><h3>{inline(word.name)}</h3>{blocks(word.definition)}{drawn}{formula}{mistake}'
        f"{_try(word, pictures, lab)}{more}</article>"
    )


def _try(word: Term, pictures: tuple[Picture, ...], lab: str) -> str:
    """Where a word can be tried: here, else in the full lab."""
    if not word.page:
        return ""
    asked, query = word.parameters, html.escape(word.link.partition("?")[2], quote=True)
    here = [p for p in pictures if p.page == word.page and shows(p, asked)]
    here.sort(key=lambda p: -len(p.fixed))
    if here:
        file, told_by = here[0].file, next(iter(here[0].fixed.values()), here[0].told.title)
        return f'<p>→ <a href="{file}.html{"#" if query else ""}{query}">{html.escape(told_by)}</a></p>'
    if not lab:
        return ""
    link = html.escape(f"{lab.rstrip('/')}/{word.link}", quote=True)
    return f'<p>→ <a href="{link}" target="_blank" rel="noopener">In the full lab: {told(word.page).title}</a></p>'

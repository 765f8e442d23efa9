"""Title, claim, and what to try and notice of a page of the lab: read from its file, which states them once."""

import ast
from dataclasses import dataclass
from pathlib import Path

from dlcore.claims import Claim, claim_of, name_of

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Told:
    """The sentences of a page, or of one of its tabs.

    Attributes:
        claim: of the page, or of the tab where it begins with one of its own.
        to_try, to_see: None where nothing is noticed.
        more: what is said below that.
    """

    title: str
    claim: Claim
    to_try: Claim | None
    to_see: Claim | None
    more: tuple[Claim, ...] = ()


def told(page: str, tab: str = "", lesson: str = "") -> Told:
    """The sentences of a page.

    Args:
        page: the stem of its file in pages/.
        tab: the name that the file gives a tab, "shares" for `with shares:`; "" for the page itself.
        lesson: the file below ui/ that states what is noticed, where the page leaves it to that.

    Raises:
        LookupError: the file has no such tab, or opens no page.
    """
    whole = _tree(f"pages/{page}.py")
    opened = _calls(whole, "open_page")
    if not opened:
        raise LookupError(f"pages/{page}.py opens no page")
    part = _block(whole, tab) if tab else whole
    noticed = _calls(_tree(f"ui/{lesson}.py") if lesson else part, "notice")
    to_try, to_see = map(_sentence, noticed[0].args) if noticed else (None, None)
    said = _calls(part, "say") if tab else []
    first = [call for call in said if lesson or not noticed or call.lineno < noticed[0].lineno][:1]
    return Told(
        ast.literal_eval(opened[0].args[0]),
        _sentence(first[0].args[0] if first else opened[0].args[1]),
        to_try,
        to_see,
        tuple(_sentence(call.args[0]) for call in said if call not in first),
    )


def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def _calls(tree: ast.AST, name: str) -> list[ast.Call]:
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node) == name]
    return sorted(found, key=lambda call: call.lineno)


def _block(tree: ast.Module, name: str) -> ast.AST:
    for node in ast.walk(tree):
        if isinstance(node, ast.With) and getattr(node.items[0].context_expr, "id", "") == name:
            return node
    raise LookupError(f"no tab is called {name}")


def _sentence(node: ast.expr) -> Claim:
    assert isinstance(node, ast.Call)
    return claim_of(node)


def paths() -> dict[str, str]:
    """Stem of a page's file -> its path below the lab's address ("" for the first page), as app.py has them."""
    found = {}
    for call in _calls(_tree("app.py"), "Page"):
        named = {one.arg: one.value for one in call.keywords}
        path = named.get("url_path")
        found[Path(ast.literal_eval(call.args[0])).stem] = ast.literal_eval(path) if path else ""
    return found

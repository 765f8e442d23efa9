"""The Python side of the browser components in assets/components/."""

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.frame import javascript, take_along

_served_from = ""  # address of the folder that serves the files; "" when nobody does


def serve_from(address: str) -> None:
    """From now on components fetch their files below this address, once, instead of being sent them.

    Streamlit resends a component's script and style sheet whenever its data changes. To be called by a server
    that answers `address`/version/path with javascript.served(), before any component is registered.
    """
    global _served_from
    _served_from = address


def component(name: str) -> Callable[..., Any]:
    """A registered v2 component, from the folder of that name in assets/components/.

    Register at module level of a module in ui/, once per component. What it draws with can be taken along: as it
    is called with `data`, or with what `along` gives where `data` leaves out what a browser has already.
    """
    mounted = st.components.v2.component(
        f"lab_{name}",
        html="<div class='root'></div>\n",
        css=None if _served_from else javascript.style(name),
        js=_fetching(name) if _served_from else _complete(name),
        isolate_styles=name not in javascript.BARE,
    )

    def drawn(*, key: str, data: Any, along: Callable[[], Any] | None = None, **more: Any) -> Any:
        take_along.note(name, key, along or (lambda: data))
        return mounted(key=key, data=data, **more)

    return drawn


def _complete(name: str) -> str:
    """The component with all it needs as one module: works under every entry point, with no static route."""
    host, own = javascript.STREAMLIT_HOST, javascript.entry(name)
    mounted = f'lab["{host}"].streamlit(lab["{own}"].create)'
    return f"{javascript.script(host, own)}export default {mounted};\n"


def _fetching(name: str) -> str:
    """A few lines that fetch the component, all its modules at once: the browser keeps them.

    Addresses are relative to the page: a path in front of the lab's own goes along.
    """
    host, own = javascript.STREAMLIT_HOST, javascript.entry(name)
    others = [path for path in javascript.modules(host, own) if path not in (host, own)]
    return f"""const at = (path) => new URL(`{_served_from}/{javascript.version()}/${{path}}`, document.baseURI).href;
const paths = {json.dumps([host, own, *others], separators=(",", ":"))};
export default async (component) => {{
  const [{{ streamlit, styled }}, {{ create }}] = await Promise.all(paths.map((path) => import(at(path))));
  await styled(component.parentElement, at("{name}.css"));
  return streamlit(create)(component);
}};
"""

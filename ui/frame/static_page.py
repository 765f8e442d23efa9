"""A page that needs no server: its policy, the lab's colors in light and dark, what stands around a component."""

import html
import json
from typing import Any

import streamlit as st

COLORS = {
    "background-color": "backgroundColor",
    "secondary-background-color": "secondaryBackgroundColor",
    "text-color": "textColor",
    "primary-color": "primaryColor",
    "link-color": "linkColor",
    "border-color": "borderColor",
}
# The file asks nobody for anything: what it needs stands in it.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
STYLE = """body { margin: 0 auto; padding: 12px 16px; max-width: 1240px; background: var(--st-background-color);
  color: var(--st-text-color); font-family: var(--st-font); }
h1 { font-size: 1.3rem; margin: 0 0 10px; }
footer { margin-top: 14px; font-size: 13px; }
a { color: var(--st-link-color); }
@media print { body { background: #fff; } }
"""


def document(title: str, body: str, script: str, style: str = "") -> str:
    """The file.

    Args:
        title: plain text.
        body: HTML.
        script: a classic script, run after the body.
        style: after what all such pages share.
    """
    closed = script.replace("</", "<\\/")
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{html.escape(title)}</title>
<style>
:root {{ {_theme("light")} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_theme("dark")} }} }}
{STYLE}{style}</style>
{body}
<script>
{closed}
</script>
</html>
"""


def as_script(value: Any) -> str:
    """A value as a script writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _theme(kind: str) -> str:
    colors = {name: st.get_option(f"theme.{kind}.{option}") for name, option in COLORS.items()}
    shared = {"base-radius": st.get_option("theme.baseRadius"), "font": st.get_option("theme.font")}
    return " ".join(f"--st-{name}: {value};" for name, value in (colors | shared).items())

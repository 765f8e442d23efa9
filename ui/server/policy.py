"""What a browser is told to refuse: scripts, connections, pictures and frames that are not the lab's own.

Why each exception is there stands in docs/security.md; tests/test_policy_browser.py tries every page.
"""

import base64
import hashlib
import re
from pathlib import Path

import streamlit

INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def inline_scripts(page: str) -> list[str]:
    """The hashes of the scripts that stand inside an HTML page, as a policy names them."""
    digests = (hashlib.sha256(text.encode()).digest() for text in INLINE.findall(page))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def content_security_policy(page: str) -> str:
    """The header's value.

    Args:
        page: Streamlit's own HTML, whose inline scripts alone are allowed.
    """
    sources = {
        "default-src": ["'self'"],
        "script-src": ["'self'", "blob:", "'wasm-unsafe-eval'", *inline_scripts(page)],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "worker-src": ["'none'"],
        "frame-src": ["'none'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],  # no other site may show the lab inside its own
    }
    return "; ".join(f"{name} {' '.join(allowed)}" for name, allowed in sources.items())


def of_this_streamlit() -> str:
    """The policy for the installed version of Streamlit."""
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    return content_security_policy(page.read_text(encoding="utf-8"))

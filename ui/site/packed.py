"""Data of a page made small: what a browser unpacks by itself, a third to a tenth of its text."""

import base64
import json
import zlib
from typing import Any

UNPACK = "site/packed.js"


def packed(value: Any) -> str:
    """JSON, deflated, in letters that a script can hold between quotation marks."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def unpacked(text: str) -> Any:
    """What packed() was given, as assets/components/site/packed.js reads it."""
    return json.loads(zlib.decompress(base64.b64decode(text)))

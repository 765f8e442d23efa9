"""Pins the images that ours are made of to their digests: `name:tag` becomes `name:tag@sha256:…`. `make pin`.

A tag can be moved to another image, a digest cannot. Where no registry is reachable it says so and changes nothing.
"""

import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = ("Dockerfile", "deploy/proxy.Dockerfile", "compose.yaml")
# The images of others: ARG BASE=… and FROM … of the Dockerfiles, image: … of compose.yaml; ours have no tag there.
IMAGE = re.compile(
    r"(?P<before>^(?:ARG BASE=|FROM |\s+image: ))(?P<name>[a-z0-9/]+):(?P<tag>[\w.-]+)"
    r"(?:@sha256:[0-9a-f]{64})?(?=\s|$)",
    re.MULTILINE,
)
REGISTRY = "https://registry-1.docker.io"
TOKEN = "https://auth.docker.io/token?service=registry.docker.io&scope=repository:{}:pull"
INDEX = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"


def digest(name: str, tag: str, registry: str = REGISTRY, token: str = TOKEN) -> str:
    """The digest of an image for all its platforms, as its registry gives it.

    Args:
        token: where leave to read is asked for, {} for the image; "": nobody asks.

    Raises:
        OSError: the registry is not reachable, or does not know the image.
    """
    name = name if "/" in name else f"library/{name}"
    ask = urllib.request.Request(
        f"{registry}/v2/{name}/manifests/{tag}", method="HEAD", headers={"Accept": INDEX}
    )
    if token:
        with urllib.request.urlopen(token.format(name), timeout=10) as answer:
            ask.add_header("Authorization", f"Bearer {json.load(answer)['token']}")
    with urllib.request.urlopen(ask, timeout=10) as answer:
        found = str(answer.headers["Docker-Content-Digest"])
    if not re.fullmatch("sha256:[0-9a-f]{64}", found):
        raise OSError(f"{registry} gives no digest for {name}:{tag}")
    return found


def images(text: str) -> set[tuple[str, str]]:
    """(name, tag) of the images of others in a file."""
    return {(found["name"], found["tag"]) for found in IMAGE.finditer(text)}


def pinned(text: str, digests: Mapping[tuple[str, str], str]) -> str:
    """A file with its images at these digests, whatever stood there before."""
    return IMAGE.sub(
        lambda found: (
            f"{found['before']}{found['name']}:{found['tag']}@{digests[found['name'], found['tag']]}"
        ),
        text,
    )


def main(root: Path = ROOT, registry: str = REGISTRY, token: str = TOKEN) -> int:
    texts = {root / name: (root / name).read_text(encoding="utf-8") for name in FILES}
    try:
        digests = {
            image: digest(*image, registry, token) for text in texts.values() for image in images(text)
        }
    except (OSError, ValueError) as error:
        print(f"Nothing was pinned: no image registry can be asked from here ({error}).")
        return 1
    for file, text in texts.items():
        file.write_text(pinned(text, digests), encoding="utf-8")
    for (name, tag), found in sorted(digests.items()):
        print(f"{name}:{tag}@{found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

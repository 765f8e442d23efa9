"""Makes sure a Chromium can be driven: the system's own if there is one, Playwright's download otherwise."""

import shutil
import subprocess
import sys

# The headless shell first: the same engine without a browser's windows, for a third of the work.
SYSTEM_BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


def system_browser() -> str | None:
    """Path of an installed Chromium or Chrome, or None: then Playwright uses its own."""
    return next((path for name in SYSTEM_BROWSERS if (path := shutil.which(name))), None)


if __name__ == "__main__":
    if system_browser() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)

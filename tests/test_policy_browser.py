"""The content security policy in a real browser: no page of the lab breaks it, and what is planted is refused."""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from conftest import PATIENCE, ROOT, settle

from dlcore.runs import Recipe
from dlcore.store.run_files import read_run
from dlcore.store.store import Store
from ui.server.policy import content_security_policy, inline_scripts

pytestmark = pytest.mark.browser

FIRST = Recipe().key  # of the network that comes with the lab
# Every page, with the tabs and sections open that draw what the others do not: formulas, tables, uploads, pictures.
PAGES = (
    "",
    "neuron-playground",
    "small-network",
    "backprop-stepper",
    "optimizer-race?optimizers_tab=Why+rates+matter",
    f"convolution-explorer?convolution_tab=A+trained+network+opened&convolution_run={FIRST}",
    "training-dashboard?training_more=true",
    "training-dashboard?training_tab=Splits&training_thumbnails=true",
    f"training-dashboard?training_run={FIRST}&training_tab=Evaluation",
    f"grad-cam-explorer?gradcam_run={FIRST}",
    f"grad-cam-explorer?gradcam_run={FIRST}&gradcam_tab=Many+images",
    "all-lessons",
    "test-yourself",
    "the-vocabulary",
    "this-server",
)
# Kept by the page's session, so that what happens while it loads is there too.
LISTEN = """addEventListener("securitypolicyviolation", (event) => {
  (window.labRefused ??= []).push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
});"""


@pytest.fixture(scope="module", autouse=True)
def stored(own_folders: None) -> Iterator[None]:
    Store().publish(read_run(ROOT / "assets" / "networks" / FIRST))
    yield
    Store().delete(FIRST)


@pytest.fixture
def strict_page(lab: str, chromium: object) -> Iterator[Callable[[str], object]]:
    """Opens a path of the lab in a browser that notes what the policy refuses."""
    context = chromium.new_context()  # type: ignore[attr-defined]
    context.add_init_script(LISTEN)
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)

    def open_(path: str) -> object:
        page.goto(f"{lab}/{path}")
        settle(page)
        return page

    yield open_
    context.close()


def refused(page: object) -> list[str]:
    found: list[str] = page.evaluate("window.labRefused ?? []")  # type: ignore[attr-defined]
    return found


# `make test` takes every third; `make proofs` all of them (ENGINES=all).
@pytest.mark.parametrize("path", PAGES if os.environ.get("ENGINES") == "all" else PAGES[1::3])
def test_no_page_of_the_lab_breaks_the_policy(strict_page: Callable, path: str) -> None:
    page = strict_page(path)
    assert page.locator("h1").count() == 1  # the control: the page is there
    assert refused(page) == []


def test_a_training_that_is_watched_keeps_the_policy(strict_page: Callable) -> None:
    page = strict_page(
        "training-dashboard?training_data=Handwritten+digits&training_model=MLP&training_epochs_digits=2"
    )
    page.get_by_role("button", name="Train, about").click()
    page.locator(
        ".steady-chart .scatterlayer .trace"
    ).first.wait_for()  # Plotly's own script, and a component
    page.get_by_text("Selected: epoch").wait_for()
    assert refused(page) == []


PLANTED = {
    "an inline script": "const s = document.createElement('script'); s.textContent = 'window.planted = 1'; "
    "document.body.append(s);",
    "another site's script": "const s = document.createElement('script'); "
    "s.src = 'https://elsewhere.example/x.js'; document.body.append(s);",
    "an event handler in markup": "const i = document.createElement('div'); "
    'i.innerHTML = \'<img src="/nothing" onerror="window.planted = 1">\'; document.body.append(i);',
    "a picture that tells another site": "new Image().src = 'https://elsewhere.example/x.png';",
    "a message to another site": "fetch('https://elsewhere.example/x').catch(() => {});",
    "a frame": "const f = document.createElement('iframe'); f.src = 'https://elsewhere.example/'; "
    "document.body.append(f);",
}


def test_what_is_planted_in_a_page_is_refused(strict_page: Callable) -> None:
    page = strict_page("neuron-playground")
    for number, (what, script) in enumerate(PLANTED.items(), start=1):
        page.evaluate(f"() => {{ {script} }}")
        page.wait_for_timeout(300)
        assert len(refused(page)) == number, (what, refused(page))
    assert page.evaluate("window.planted === undefined")


def test_only_streamlits_own_inline_scripts_are_allowed() -> None:
    page = "<script>a = 1</script><script src='x.js'></script><script>\n b = 2</script>"
    hashes = inline_scripts(page)
    assert len(hashes) == 2 and all(each in content_security_policy(page) for each in hashes)
    assert "'unsafe-inline'" not in content_security_policy(page).split("style-src")[0]


def test_every_exception_of_the_policy_has_its_reason_in_the_guide() -> None:
    guide = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    reasons = "\n".join(re.findall(r"^- `.*-src .*", guide, re.MULTILINE))
    for directive in content_security_policy("<script>1</script>").split("; "):
        name, *sources = directive.split()
        for source in set(sources) - {"'self'", "'none'"}:
            written = re.sub("sha256-.*'", "sha256-…'", source)
            assert re.search(f"`{name} [^`]*{re.escape(written)}", reasons), directive

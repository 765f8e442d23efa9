"""Every page ends with the lab's source, version, licence and citation; a report carries the page's address."""

import tomllib
from collections.abc import Callable

import pytest
from conftest import ROOT

from dlcore import __version__
from ui.frame import foot


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["home", "neuron", "quiz"])
def test_a_page_names_what_it_follows(page: str, app: Callable) -> None:
    said = [caption.value for caption in app(page).caption]
    assert any("Deep Learning Vocabulary Reference" in text and __version__ in text for text in said)


@pytest.mark.parametrize(
    ("base", "link"),
    [
        ("https://x.org/new", "https://x.org/new?address=https%3A%2F%2Flab%2Fneuron%3Fneuron_f%3DReLU"),
        (
            "https://x.org/new?a=1",
            "https://x.org/new?a=1&address=https%3A%2F%2Flab%2Fneuron%3Fneuron_f%3DReLU",
        ),
        ("https://x.org/{address}/", "https://x.org/https%3A%2F%2Flab%2Fneuron%3Fneuron_f%3DReLU/"),
        ("mailto:a@x.org", "mailto:a@x.org?body=https%3A%2F%2Flab%2Fneuron%3Fneuron_f%3DReLU"),
    ],
)
def test_a_report_carries_the_address(base: str, link: str) -> None:
    assert foot.report_link(base, "https://lab/neuron?neuron_f=ReLU") == link


@pytest.mark.browser
def test_paper_gets_address_and_date_and_no_menu(open_page: Callable) -> None:
    page = open_page("neuron-playground?neuron_f=tanh")
    page.locator(".plane").first.wait_for()
    page.emulate_media(media="print")
    assert "neuron_f=tanh" in page.locator(".st-key-on-paper").inner_text()
    assert page.locator(".st-key-on-paper").is_visible()
    assert not page.get_by_test_id("stSidebar").is_visible()
    assert page.locator(".plane").first.is_visible()

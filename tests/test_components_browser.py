"""The browser components in general: what holds for each of them, in a real browser."""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.browser

DRAWN = {
    "one neuron": "neuron-playground",
    "one input": "neuron-playground?neuron_n=1",
    "five inputs": "neuron-playground?neuron_n=5",
    "a small network": "small-network?network_size=60&network_epoch=50",
    "softmax": "neuron-playground?neuron_tab=Softmax",
    "convolution": "convolution-explorer",
}
# Gives every canvas of the page, behind shadow roots too, a backing store of another size, and tells the size
# of the boxes around it before, after, and once whatever watches them has drawn again.
STRETCHED = """async () => {
  const found = [];
  const walk = (node) => {
    for (const e of node.querySelectorAll("*")) {
      if (e.shadowRoot) walk(e.shadowRoot);
      if (e.tagName === "CANVAS" && e.getBoundingClientRect().height) found.push(e);
    }
  };
  walk(document);
  const sizes = () => found.map((e) => {
    const [own, box, outer] = [e, e.parentElement, e.parentElement.parentElement];
    return [own, box, outer].map((x) => Math.round(x.getBoundingClientRect().height));
  });
  const frames = async (n) => { while (n--) await new Promise(requestAnimationFrame); };
  await document.fonts.ready;
  await frames(5);
  const before = sizes();
  for (const e of found) e.height = 5000;
  const stretched = sizes();
  await frames(5);
  return [before, stretched, sizes()];
}"""


@pytest.mark.parametrize("name", DRAWN)
def test_no_canvas_sizes_its_box_by_its_own_backing_store(name: str, open_page: Callable) -> None:
    """Safari's engine let such a canvas grow by its own drawing until the page was 33 million pixels long."""
    page = open_page(DRAWN[name])
    page.wait_for_selector(".root[data-draws]")
    before, stretched, later = page.evaluate(STRETCHED)
    assert before
    assert stretched == before
    assert later == before

"""The neuron page in a real browser: its second copy of the formulas, dragging, playing, editing, address."""

from collections.abc import Callable

import numpy as np
import pytest
from conftest import drawn, in_browser, rested, settle

from dlcore.network import FEATURES, HEADS, Network
from dlcore.network.trajectory import outputs
from dlcore.neuron import ACTIVATIONS, d_sigmoid, sigmoid, softmax
from dlcore.number_text import apart, digits

pytestmark = pytest.mark.browser
SMALL = "small-network?network_size=60&network_epoch=50"


@pytest.mark.parametrize("f", ACTIVATIONS)
def test_a_neuron_in_the_browser_equals_dlcore_at_200_random_states(f: str, blank: object) -> None:
    rng = np.random.default_rng(1)
    states = [
        {"w": rng.uniform(-4, 4, 3).tolist(), "b": rng.uniform(-10, 10), "x": rng.uniform(-5, 5, 3).tolist()}
        for _ in range(199)
    ] + [{"w": [0.0, 0.0, 0.0], "b": 0.0, "x": [1.0, 2.0, 3.0]}]  # the kink
    run = "(m, a) => a[0].map((s) => { const n = m.neuron(s, a[1]); return [n.z, n.a, n.slope]; })"
    found = np.array(in_browser(blank, ("neuron/formulas.js",), run, [states, f]))
    z = np.array([np.dot(s["w"], s["x"]) + s["b"] for s in states])
    expected = np.stack([z, ACTIVATIONS[f].f(z), ACTIVATIONS[f].df(z)], axis=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("head", HEADS)
def test_a_network_in_the_browser_equals_dlcore_at_200_random_states(head: str, blank: object) -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(-6, 6, (5, 2))
    cases = []
    for k in range(200):
        hidden = tuple(rng.integers(1, 9, rng.integers(0, 7)).tolist())
        features = tuple(np.array(list(FEATURES))[np.sort(rng.permutation(7)[: rng.integers(1, 8)])].tolist())
        net = Network(features, hidden, list(ACTIVATIONS)[k % len(ACTIVATIONS)], head)
        cases.append((net, rng.uniform(-1.5, 1.5, net.size)))
    sent = [
        {"net": {"features": n.features, "hidden": n.hidden, "f": n.f, "head": n.head}, "theta": t.tolist()}
        for n, t in cases
    ]
    run = """(m, [cases, x1, x2]) => cases.map(({ net, theta }) => {
        const z = m.forward(net, theta, m.columnsOf(net, x1, x2)).at(-1)[0], head = m.headOf(net);
        return [...z].map((v) => [head.out(v), head.loss(v, 1)]);
    })"""
    parts = ("network/forward.js",)
    found = in_browser(blank, parts, run, [sent, x[:, 0].tolist(), x[:, 1].tolist()])
    for (net, theta), values in zip(cases, found, strict=True):
        z = outputs(net, theta[None], net.inputs(x))[0]
        expected = np.stack([HEADS[head].out(z), HEADS[head].loss(z, np.ones(5))], axis=1)
        # With the step a pre-activation of ±1e-16 may fall on either side; elsewhere all digits count.
        np.testing.assert_allclose(np.array(values), expected, rtol=1e-6, atol=1e-6, err_msg=str(net))


def test_softmax_in_the_browser_equals_dlcore_at_200_random_states(blank: object) -> None:
    rng = np.random.default_rng(3)
    cases = [(rng.uniform(-5, 5, rng.integers(2, 6)).tolist(), 10 ** rng.uniform(-1, 1)) for _ in range(200)]
    run = "(m, cases) => cases.map(([z, T]) => m.softmax(z, T))"
    found = in_browser(blank, ("softmax/formulas.js",), run, cases)
    for (z, T), p in zip(cases, found, strict=True):
        np.testing.assert_allclose(p, softmax(z, T), atol=1e-12)


def test_the_comparison_notices_a_wrong_formula(blank: object) -> None:
    run = "(m, z) => z.map((v) => m.ACTIVATIONS.gelu[0](v))"
    z = [0.5, 1.0, 2.0]
    found = np.array(in_browser(blank, ("shared/activations.js",), run, z))
    tanh_form = (
        0.5 * np.array(z) * (1 + np.tanh(np.sqrt(2 / np.pi) * (np.array(z) + 0.044715 * np.array(z) ** 3)))
    )
    assert np.abs(found - tanh_form).max() > 1e-6


def sends(page: object) -> list[int]:
    """Sizes of the messages the page sends to the server from now on; reload to begin."""
    sizes: list[int] = []
    count = lambda ws: ws.on("framesent", lambda data: sizes.append(len(data)))  # noqa: E731
    page.on("websocket", count)  # type: ignore[attr-defined]
    page.reload()  # type: ignore[attr-defined]
    settle(page)
    page.wait_for_selector(".root[data-draws]")  # type: ignore[attr-defined]
    return sizes


def state_of(page: object) -> dict:
    return page.evaluate("() => ({ ...window.__root().dataset })")  # type: ignore[attr-defined]


def watch(page: object) -> None:
    """window.__root(): the component's root, inside its shadow tree."""
    page.evaluate("""() => { const find = (n) => { for (const e of n.querySelectorAll('*')) {
        if (e.matches('.root[data-draws]')) return e;
        if (e.shadowRoot) { const r = find(e.shadowRoot); if (r) return r; } } };
        window.__root = () => find(document); }""")  # type: ignore[attr-defined]


def test_dragging_draws_every_frame_and_sends_one_message_afterwards(open_page: Callable) -> None:
    page = open_page("neuron-playground?neuron_f=tanh")
    sizes = sends(page)
    watch(page)
    page.wait_for_timeout(500)
    sizes.clear()
    # One pointer event a frame for 60 frames, as a fast hand would give; count what is drawn meanwhile.
    pictures, seconds = page.evaluate("""() => new Promise((done) => {
        const root = window.__root(), tip = root.querySelector(".handle.tip"), box = tip.getBoundingClientRect();
        const at = (type, k) => new PointerEvent(type, { pointerId: 1, bubbles: true, cancelable: true,
            clientX: box.x + 9 + 50 * Math.sin(k / 9), clientY: box.y + 9 + 30 * Math.sin(k / 7) });
        tip.setPointerCapture = () => {};
        tip.dispatchEvent(at("pointerdown", 0));
        const before = +root.dataset.draws, start = performance.now();
        let k = 0;
        const frame = () => {
            tip.dispatchEvent(at("pointermove", ++k));
            if (k < 60) return requestAnimationFrame(frame);
            requestAnimationFrame(() => {
                const end = performance.now();
                window.__release = () => tip.dispatchEvent(at("pointerup", k));
                done([+root.dataset.draws - before, (end - start) / 1000]);
            });
        };
        requestAnimationFrame(frame);
    })""")
    print(f"{pictures} pictures in {seconds:.2f} s of dragging: {pictures / seconds:.0f} a second")
    assert pictures >= 58
    page.wait_for_timeout(600)  # held still: nothing may be sent before the hand lets go
    assert sizes == []
    page.evaluate("() => window.__release()")
    rested(page)
    assert len(sizes) == 1
    moved = state_of(page)
    assert moved["at"].replace(",", "%2C").replace(";", "%3B") in page.url
    page.get_by_text("How this page is checked").click()
    page.get_by_text("by the browser's formulas").first.wait_for()

    again = open_page(page.url.split("/", 3)[3])
    again.wait_for_selector(".root[data-draws]")
    watch(again)
    assert {k: state_of(again)[k] for k in ("at", "z", "a")} == {k: moved[k] for k in ("at", "z", "a")}


def test_arrow_keys_move_the_input_and_reach_the_address(open_page: Callable) -> None:
    page = open_page("neuron-playground?neuron_at=1,1;0;1,1")
    page.wait_for_selector(".root[data-draws]")
    watch(page)
    page.locator(".handle.x").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    rested(page)
    assert state_of(page)["at"] == "1,1;0;1.1,1.5"
    assert "1.1%2C1.5" in page.url


def test_playing_and_scrubbing_send_nothing_until_they_rest(open_page: Callable) -> None:
    page = open_page(SMALL)
    sizes = sends(page)
    watch(page)
    page.get_by_role("button", name="Back to the same initial weights").click()
    rested(page)
    start = state_of(page)
    assert start["epoch"] == "0" and "network_epoch=0" in page.url
    sizes.clear()
    page.get_by_role("button", name="Play or pause").click()
    page.wait_for_function("() => +window.__root().dataset.epoch > 50")  # past what was there: it goes on
    assert sizes == []
    page.get_by_role("button", name="Play or pause").click()
    rested(page)
    assert state_of(page)["playing"] == "false" and len(sizes) == 1
    assert f"network_epoch={state_of(page)['epoch']}" in page.url
    page.get_by_role("button", name="Back to the same initial weights").click()
    drawn(page)
    assert state_of(page)["loss"] == start["loss"]


def test_an_edited_weight_changes_the_picture_and_survives_in_the_link(open_page: Callable) -> None:
    page = open_page(SMALL)
    before = loss_at(page)
    page.get_by_label("Weight or bias to change by hand").select_option("0")
    page.get_by_label("Its value, typed").fill("-3.5")
    page.get_by_label("Its value, typed").press("Tab")
    rested(page)
    after = state_of(page)["loss"]
    assert after != before and "network_edit=50%3A0%3A-3.5" in page.url
    assert "the training loss at epoch 50" in page.locator("[data-testid=stMain]").inner_text()
    assert loss_at(open_page(page.url.split("/", 3)[3])) == after


def loss_at(page: object) -> str:
    """The training loss on screen, once it is drawn."""
    page.wait_for_selector(".root[data-draws]")  # type: ignore[attr-defined]
    watch(page)
    return state_of(page)["loss"]


def test_training_goes_on_from_an_edited_weight_and_a_fresh_browser_comes_to_the_same_state(
    open_page: Callable,
) -> None:
    page = open_page(SMALL)
    untouched = loss_at(page)
    page.get_by_label("Weight or bias to change by hand").select_option("24")
    page.get_by_label("Its value, typed").fill("2.25")
    for _ in range(3):
        page.get_by_role("button", name="One epoch on").click()
    rested(page)
    trained_on = state_of(page)
    assert trained_on["epoch"] == "53" and "network_edit=50%3A24%3A2.25" in page.url
    assert "network_epoch=53" in page.url
    assert loss_at(open_page(page.url.split("/", 3)[3])) == trained_on["loss"]
    assert page.get_by_label("Its value, typed").input_value() != "2.25"  # the edited weight learns as well
    page.get_by_role("button", name="One epoch back").click()
    page.get_by_role("button", name="Undo edits").click()
    rested(page)
    assert "network_edit" not in page.url and state_of(page)["epoch"] == "52"
    page.get_by_label("Epoch", exact=True).fill("50")
    assert loss_at(page) == untouched


def test_buttons_of_the_diagram_change_the_network(open_page: Callable) -> None:
    page = open_page(SMALL)
    page.wait_for_selector(".root[data-draws]")
    page.get_by_role("button", name="One neuron fewer in layer 1").click()
    rested(page)
    page.locator("button.node").nth(4).click()  # x₁x₂
    rested(page)
    assert "network_layers=3-2" in page.url and page.url.count("network_features=") == 3
    page.get_by_text("More settings").click()
    assert page.get_by_role("textbox", name="Hidden layers").input_value() == "3-2"


def test_clicked_points_train_the_network_and_stay_in_the_link(open_page: Callable) -> None:
    page = open_page("small-network?network_data=your+own+points")
    page.wait_for_selector(".root[data-draws]")
    box = page.locator("canvas.out").bounding_box()
    page.mouse.click(box["x"] + 20, box["y"] + 20)
    rested(page)
    assert "network_own=" in page.url
    code = page.url.split("network_own=")[1].split("&")[0]
    assert len(code) == 5 * 25  # 24 to begin with, and one more
    page.mouse.click(box["x"] + 20, box["y"] + 20)
    rested(page)
    assert len(page.url.split("network_own=")[1].split("&")[0]) == 5 * 24


@pytest.mark.parametrize("tab", ["One+neuron", "A+small+network", "Softmax"])
def test_a_phone_in_the_dark_shows_the_picture_without_scrolling_sideways(
    tab: str, open_page: Callable
) -> None:
    page = open_page(f"neuron-playground?neuron_tab={tab}", dark=True, width=390, height=844)
    page.wait_for_selector(".root[data-draws]")
    wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
    canvas = page.locator(".root canvas").first.bounding_box()
    assert canvas["width"] > 20 and canvas["x"] + canvas["width"] <= 390


def test_start_again_brings_every_default_back(open_page: Callable) -> None:
    page = open_page("neuron-playground?neuron_at=1,1;1;1,1&neuron_f=ReLU&neuron_seed=7")
    rested(page)  # a click on what is being drawn anew is lost
    page.get_by_role("button", name="Reset page").click()
    page.wait_for_url("**/neuron-playground")
    rested(page)
    watch(page)
    assert state_of(page)["at"] == "1.2,-0.8;0.5;1.5,1"


def test_an_old_link_hides_the_controls_and_opens_the_test_points(open_page: Callable) -> None:
    page = open_page(f"{SMALL}&network_plain=true&network_test=true")
    page.wait_for_selector(".root[data-draws]")
    assert not page.get_by_role("textbox", name="Hidden layers").is_visible()
    assert "test loss" in page.locator(".score").inner_text()
    assert "What the last layer sees" in page.locator(".right").inner_text()


def test_numbers_are_written_as_python_writes_them(blank: object) -> None:
    rng = np.random.default_rng(3)
    numbers = [0.0, 1.0, -1.0, 0.9995333, -0.99999, 0.00099996, 99999.6, -1e-300, 123456.0, 1.005]
    numbers += (rng.normal(size=300) * 10.0 ** rng.integers(-12, 12, 300)).tolist()
    run = "(m, x) => x.map((v) => [m.digits(v), m.digits(v, 2), m.apart(v)])"
    found = in_browser(blank, ("shared/numbers.js",), run, numbers)
    assert found == [[digits(v), digits(v, 2), apart(v)] for v in numbers]


def test_the_sigmoid_pair_keeps_both_tails(blank: object) -> None:
    z = [-700.0, -40.0, -5.0, 0.0, 5.0, 40.0, 700.0]
    run = "(m, z) => z.map((v) => [m.sigmoid(v), m.slope(v), ...m.ACTIVATIONS.tanh.map((f) => f(v))])"
    found = np.array(in_browser(blank, ("shared/activations.js",), run, z))
    tanh = ACTIVATIONS["tanh"]
    ours = np.stack([f(np.array(z)) for f in (sigmoid, d_sigmoid, tanh.f, tanh.df)], axis=1)
    np.testing.assert_allclose(found, ours, rtol=1e-14)


def test_the_best_cut_of_the_output_is_the_best_of_all_cuts(blank: object) -> None:
    """Three of the XOR corners for a monotone f, at 300 random lines; four for one GELU."""
    corners, signs = np.array([(-2, -2), (-2, 2), (2, -2), (2, 2)]), np.array([-1, 1, 1, -1])
    rng = np.random.default_rng(5)
    z = rng.normal(size=(300, 2)) @ corners.T + rng.normal(size=(300, 1))
    outputs_of = {f: ACTIVATIONS[f].f(z) for f in ("identity", "sigmoid", "tanh", "gelu")}
    preset = ACTIVATIONS["gelu"].f(corners @ (0.5, 0.5) - 0.75)
    rows = np.vstack([*outputs_of.values(), preset])
    run = "(m, a) => a[0].map((row) => m.bestCut(row, a[1]))"
    found = in_browser(blank, ("neuron/formulas.js",), run, [rows.tolist(), signs.tolist()])
    for a, one in zip(rows, found, strict=True):
        says = (a < one["cut"]) if one["below"] else (a >= one["cut"])
        assert int((says == (signs > 0)).sum()) == one["right"]
        cuts = np.concatenate([np.sort(a), [np.inf]])
        right = [int(((a >= cut) == (signs > 0)).sum()) for cut in cuts]
        assert one["right"] == max(*right, *(4 - n for n in right))
    best = [one["right"] for one in found]
    assert max(best[:900]) == 3 and best[-1] == 4

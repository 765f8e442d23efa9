"""Convolution written out against torch and the Fourier transform; fields against gradients; the page alone."""

import io
import itertools
import math
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from conftest import PATIENCE, ROOT
from PIL import Image
from torch import nn

from dlcore import models
from dlcore.convolution import network_opened
from dlcore.convolution.kernels import (
    KERNELS,
    SMALLEST,
    chance_of_becoming_edges,
    edge_cosines,
    edge_likeness,
    resized,
    too_small,
    vertical_edge,
)
from dlcore.convolution.receptive_field import Field, field_of
from dlcore.convolution.sliding import Geometry, convolve, grey, patch, pool, problem, remark
from dlcore.convolution.translation_invariance import ROOM, measure, shifted, stages
from dlcore.data import load
from dlcore.data.cells import cells
from dlcore.data.imagesets import ImageSet
from dlcore.figures import convolution as figures
from dlcore.oracles import convolution as oracle
from dlcore.runs import Recipe, Run
from dlcore.store.store import Store
from ui.convolution import sliding_filter as hand
from ui.convolution.address import read_cell, read_weights, write_weights
from ui.convolution.hand import Shown
from ui.convolution.network_opened import network_opened_script as network_script
from ui.convolution.network_opened import verdict
from ui.convolution.pooling import in_words

GEOMETRIES = [Geometry(*g) for g in itertools.product((1, 2, 3, 5), (1, 2, 3), (0, 1, 4), (1, 2, 3))]


@pytest.mark.parametrize("size", [(11, 14), (28, 28)])
def test_a_sliding_filter_matches_torch_and_fourier_at_every_geometry(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    x, tried = rng.normal(size=size), 0
    for g in GEOMETRIES:
        if problem(min(size), g):
            continue
        w = rng.normal(size=(g.k, g.k))
        z, tried = convolve(x, w, g), tried + 1
        assert z.shape == (g.size(size[0]), g.size(size[1]))
        np.testing.assert_allclose(z, oracle.by_torch(x, w, g), atol=1e-12)
        np.testing.assert_allclose(z, oracle.by_fourier(x, w, g), atol=1e-12)
        i, j = z.shape[0] - 1, z.shape[1] // 2
        assert (w * patch(x, g, i, j)).sum() == pytest.approx(z[i, j], abs=1e-12)
    assert tried > 90


def test_a_flipped_filter_does_not_match_torch() -> None:
    x, w = np.random.default_rng(1).normal(size=(9, 9)), vertical_edge(3)
    assert np.abs(convolve(x, w[::-1, ::-1], Geometry()) - oracle.by_torch(x, w, Geometry())).max() > 1


def test_many_images_at_once_give_what_each_gives_alone() -> None:
    x, w = np.random.default_rng(2).normal(size=(4, 8, 9)), vertical_edge(3)
    g = Geometry(3, 2, 1, 1)
    np.testing.assert_array_equal(convolve(x, w, g, b=0.5), [convolve(one, w, g, b=0.5) for one in x])


def test_what_cannot_be_is_a_sentence_and_torch_refuses_it_too() -> None:
    for g in (Geometry(7, 1, 0, 3), Geometry(5, 1, 1, 3)):
        assert "more than there are" in problem(8, g) and g.size(8) == 0
        with pytest.raises(ValueError, match="smaller size"):
            convolve(np.zeros((8, 8)), np.zeros((g.k, g.k)), g)
        with pytest.raises(RuntimeError):
            oracle.by_torch(np.zeros((8, 8)), np.zeros((g.k, g.k)), g)
    assert "at least 1" in problem(8, Geometry(3, 0, 0, 1))
    assert problem(8, Geometry(7, 1, 6, 2)) == ""


def test_the_remark_speaks_exactly_when_pixels_are_left_over() -> None:
    for n, g in itertools.product((8, 28), GEOMETRIES):
        if problem(n, g) or g.p >= g.reach:
            continue
        read = max(g.taps(g.size(n) - 1)) + 1
        assert g.left_over(n) == n + g.p - read
        assert bool(remark(n, g)) == (read < n + g.p)
    assert "nothing but zeros" in remark(8, Geometry(3, 1, 3, 1))


@pytest.mark.parametrize("kind", ["max", "average"])
def test_pooling_matches_torch(kind: str) -> None:
    a = np.random.default_rng(3).normal(size=(3, 13, 10))
    for window in (1, 2, 3, 4, 10):
        np.testing.assert_allclose(pool(a, window, kind), oracle.pooled_by_torch(a, window, kind), atol=1e-15)
    with pytest.raises(ValueError, match="window"):
        pool(a, 11)


def test_named_filters_do_what_their_names_say() -> None:
    np.testing.assert_array_equal(vertical_edge(3), [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])  # Sobel
    x = np.random.default_rng(4).random((12, 12))
    for k in range(1, 8):
        same = Geometry(k)
        flat = {name: convolve(np.full((9, 9), 0.7), make(k), same) for name, make in KERNELS.items()}
        for name, z in flat.items():
            keeps = name in ("identity", "box blur", "bell blur", "sharpen")
            np.testing.assert_allclose(z, 0.7 if keeps else 0.0, atol=1e-12, err_msg=f"{name} {k}")
        middle = (k - 1) // 2
        copied = convolve(x, KERNELS["identity"](k), same)
        np.testing.assert_array_equal(copied, x[middle : middle + 13 - k, middle : middle + 13 - k])
        for name, make in KERNELS.items():
            assert bool(too_small(name, k)) == (not make(k).any()), (name, k)
    assert SMALLEST.keys() < KERNELS.keys()


def test_resizing_a_filter_keeps_its_middle() -> None:
    w = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(resized(w, 5)[1:4, 1:4], w)
    np.testing.assert_array_equal(resized(resized(w, 7), 3), w)
    assert resized(w, 1).item() == 4.0


def test_edges_are_like_edges_and_blurs_are_not() -> None:
    w = np.stack([KERNELS[name](3) for name in ("vertical edge", "diagonal edge", "box blur", "spot")])
    found = edge_likeness(w, np.random.default_rng(0))
    np.testing.assert_allclose(found.cosine[:2], 1.0, atol=1e-12)
    np.testing.assert_allclose(found.cosine[2:], 0.0, atol=1e-12)
    assert found.angle[:2].tolist() == [0, 45] and found.above == 2


def test_random_filters_have_the_theorys_likeness() -> None:
    # the squared cosine with a plane in nine dimensions is Beta(1, 7/2): mean 2/9; 15° steps lose a little
    w = np.random.default_rng(5).normal(size=(20_000, 3, 3))
    best = edge_cosines(w).max(axis=1)
    assert float((best**2).mean()) == pytest.approx(2 / 9, rel=0.03)
    found = edge_likeness(w[:200], np.random.default_rng(0))
    # 1 − c² ~ u^(2/7): the 95 % quantile of c is √(1 − 0.05^(2/7))
    assert found.random_95 == pytest.approx(np.sqrt(1 - 0.05 ** (2 / 7)), abs=0.015)
    assert 2 <= found.above <= 22


def test_a_shift_invents_no_pixels() -> None:
    x = np.random.default_rng(6).random((2, 20, 20))
    still, moved = shifted(x, 0, 1), shifted(x, 3, 1)
    np.testing.assert_array_equal(moved[:, :, 3:], still[:, :, :-3])
    assert still.shape == (2, 20 - 2 * ROOM, 20 - 2 * ROOM)


def test_convolution_is_equivariant_away_from_the_border() -> None:
    x, w = np.random.default_rng(7).random((2, 24, 24)), vertical_edge(3)
    still, moved = (stages(shifted(x, t, 0), w, 2)["ReLU(z)"] for t in (0, 2))
    np.testing.assert_allclose(moved[:, 2:], still[:, :-2], atol=1e-15)


def test_change_is_zero_without_a_shift_and_one_for_unrelated_images() -> None:
    noise = np.random.default_rng(8).random((40, 20, 20))  # a shifted noise image is another noise image
    found = measure(noise, vertical_edge(3), 2)
    assert found.n == 40 and not found.change[:, 0].any() and found.same[0] == 1.0
    row = found.stages.index("max pooling")
    assert found.change[0, 1] == pytest.approx(1.0, abs=0.05)
    assert found.change[row, 4] == pytest.approx(1.0, abs=0.1)
    even = measure(np.stack([np.full((8, 8), v) for v in (0.2, 0.9)]), KERNELS["bell blur"](3), 2)
    assert not even.change.any() and (even.same == 1).all()  # also of 8 × 8 images


def test_the_words_say_what_was_measured() -> None:
    images = [grey(image) for image in cells(30).images]
    found = measure(images, vertical_edge(3), 2)
    text = in_words(found, 2)
    row = found.stages.index("max pooling")
    assert "n = 30" in text and f"{found.change[row, 1]:.2f} ± {found.interval[row, 1]:.2f}" in text
    changed = in_words(replace(found, change=found.change + 0.1), 2)
    assert changed != text


def test_receptive_fields_match_gradients_through_random_stacks() -> None:
    rng = np.random.default_rng(9)
    for _ in range(60):
        stack, n = [], (23, 26)
        for _ in range(rng.integers(1, 5)):
            g = Geometry(*(int(rng.integers(low, high)) for low, high in ((1, 5), (1, 4), (0, 3), (1, 3))))
            if g.p < g.reach and min(g.size(side) for side in n) > 0:
                stack.append(g)
                n = (g.size(n[0]), g.size(n[1]))
        cell = (int(rng.integers(n[0])), int(rng.integers(n[1])))
        field = field_of(stack)
        rows, cols = (
            np.flatnonzero(line) for line in _edges(oracle.field_by_gradient(stack, (23, 26), cell))
        )
        if not len(rows):
            continue
        for seen, (first, end), side in zip(
            (rows, cols), (field.span(cell[0], 23), field.span(cell[1], 26)), (23, 26), strict=True
        ):
            # dilation leaves holes, which at a border may lie at the frame's edge
            assert first <= seen[0] and seen[-1] < end
            if all(g.d == 1 and g.s <= g.k for g in stack):
                inside = first > 0 and end < side
                assert not inside or (seen[0], seen[-1] + 1) == (first, end)


def _edges(reached: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return reached.any(axis=1), reached.any(axis=0)


def test_a_field_by_hand() -> None:
    # conv 3 pad 1, pool 2, conv 3 pad 1: 1 → 3 → 4 → 8 pixels, steps 1, 2, 2
    field = field_of([Geometry(3, 1, 1), Geometry(2, 2), Geometry(3, 1, 1)])
    assert field == Field(size=8, jump=2, start=-3)
    assert field.span(0, 28) == (0, 5) and field.span(5, 28) == (7, 15)


SMALL = Recipe(width=4, epochs=1)


@pytest.fixture(scope="module")
def images() -> ImageSet:
    return cells(60)


def opened(images: ImageSet, recipe: Recipe = SMALL) -> nn.Module:
    model = models.build(recipe, images)
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    return model.eval()


@pytest.mark.parametrize("head", ["pooled", "flatten"])
def test_feature_maps_end_in_what_the_network_computes_and_leave_it_alone(
    images: ImageSet, head: str
) -> None:
    model = opened(images, replace(SMALL, head=head))
    before = {name: values.clone() for name, values in model.state_dict().items()}
    found = network_opened.feature_maps(model, images.images[0])
    with torch.no_grad():
        expected = model.features(models.preprocess(images.images[:1]))[0].numpy()
    np.testing.assert_array_equal(found[-1].maps, expected)
    assert sum(each.parameters for each in found) == models.parameter_count(model.features)
    assert all(torch.equal(before[name], values) for name, values in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    modules = dict(model.named_modules())
    with torch.no_grad():
        x = models.preprocess(images.images[:1])
        for each in found:  # the names are torch's own, the maps what those modules give in order
            x = modules[each.name](x)
            np.testing.assert_array_equal(each.maps, x[0].numpy())


def test_a_first_layer_by_hand_is_torchs(images: ImageSet) -> None:
    model = opened(images)
    w = network_opened.filters(model, "features.0.0")
    x = models.preprocess(images.images[:1])[0].double().numpy()
    ours = sum(convolve(x[c], w[2, c], Geometry(3, 1, 1)) for c in range(3))
    np.testing.assert_allclose(
        ours, network_opened.feature_maps(model, images.images[0])[0].maps[2], atol=1e-5
    )
    np.testing.assert_allclose(network_opened.first_filters(model)[2], w[2].sum(axis=0), atol=1e-6)
    assert network_opened.filters(model, "features.0.1") is None


def test_nothing_outside_its_field_moves_a_cell_of_the_real_network(images: ImageSet) -> None:
    model = opened(images)
    for layer in network_opened.feature_maps(model, images.images[3]):
        rows = layer.maps.shape[1]
        for i, j in ((0, 0), (rows // 2, rows // 2), (rows - 1, 1)):
            felt = network_opened.sensitivity(model, images.images[3], layer.name, 1, (i, j))
            (a, b), (c, d) = layer.field.span(i, 28), layer.field.span(j, 28)
            felt[a:b, c:d] = 0
            assert not felt.any(), layer.name
    assert not any(p.grad is not None for p in model.parameters())
    # a convolution before any ReLU answers to every pixel of its field
    felt = network_opened.sensitivity(model, images.images[3], "features.0.0", 1, (10, 10))
    assert (felt > 0).sum() == 9


def test_the_verdict_counts_chance() -> None:
    rng = np.random.default_rng(0)
    noise, edges = rng.normal(size=(12, 3, 3)), np.stack([vertical_edge(3)] * 12)
    start, learned = (edge_likeness(w, rng) for w in (noise, edges))
    assert "**12 of 12 filters**" in verdict(start, learned) and "have become edges" in verdict(
        start, learned
    )
    assert "not shown" in verdict(learned, start)


def test_edges_that_chance_or_the_start_explains_are_not_called_learned() -> None:
    rng = np.random.default_rng(1)
    noise, edges = rng.normal(size=(16, 3, 3)), np.stack([vertical_edge(3)] * 16)
    likeness = {name: edge_likeness(w, rng) for name, w in {"noise": noise, "edges": edges}.items()}
    assert chance_of_becoming_edges(likeness["edges"], likeness["edges"]) == 1  # they were edges before
    assert chance_of_becoming_edges(likeness["edges"], likeness["noise"]) > 0.5
    assert chance_of_becoming_edges(likeness["noise"], likeness["edges"]) == pytest.approx(1 / 5000, abs=3e-4)
    few = np.concatenate([edges[:3], noise[3:]])  # three of sixteen: a binomial tail of .043 at best
    found = edge_likeness(few, rng)
    tail = sum(math.comb(16, k) * 0.05**k * 0.95 ** (16 - k) for k in range(found.above, 17))
    assert chance_of_becoming_edges(likeness["noise"], found) >= tail - 1e-12


def test_figures_are_valid_and_show_what_they_are_given() -> None:
    x = grey(cells(20).images[0])
    z = convolve(x, vertical_edge(3), Geometry())
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(13, 7, 7)).astype(np.float32)
    likeness = edge_likeness(rng.normal(size=(4, 3, 3)), rng)
    drawn = [
        figures.stages(x, [("z", z)]),
        figures.change_under_shifts(measure(rng.random((3, 20, 20)), vertical_edge(3))),
        figures.edge_likeness(likeness, likeness),
        figures.sheet(np.zeros((1, 3, 3)), per_map=True),
    ]
    assert all(isinstance(go.Figure(f.to_dict()), go.Figure) for f in drawn)
    shared, each = (figures.sheet(maps, per_map).data[0] for per_map in (False, True))
    assert np.nanmax(np.abs(shared.z)) == pytest.approx(np.abs(maps).max()) == pytest.approx(shared.zmax)
    assert np.nanmax(np.abs(each.z)) == pytest.approx(1.0)
    assert np.sort(shared.z[~np.isnan(shared.z)]) == pytest.approx(np.sort(maps.ravel()))


# --- the page


def test_addresses_are_read_and_bounded() -> None:
    assert read_cell("3,4", 10, 10) == (3, 4) and read_cell("99,99", 10, 8) == (9, 7)
    for text in ("", "a,b", "1e999,1", "-1,2"):
        assert read_cell(text, 10, 8) == (5, 4)
    w = vertical_edge(3).tolist()
    assert read_weights(write_weights(w)) == w
    assert read_weights("1e9") == [[99.0]]
    for text in ("1,2", "nan", "inf,0,0,0", ",".join(["1"] * 64), "x"):
        assert read_weights(text) is None


def test_the_first_view_needs_no_torch() -> None:
    code = (
        "import sys, ui.convolution.sliding_filter, ui.convolution.pooling, ui.convolution.network_opened\n"
        "from dlcore.figures import convolution\n"
        "ui.convolution.sliding_filter.pixels('neutrophil')\n"
        "print({'torch', 'scipy', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_the_page_opens_with_a_check_and_six_controls(app: Callable) -> None:
    test = app("convolution")
    assert not test.exception
    assert len(test.selectbox) + len(test.slider) == 6
    checks = [c.value for c in test.caption if "**Check**" in c.value]
    assert checks and "Fourier" in checks[-1]
    test.selectbox(key="convolution_image").set_value("digit 8").run()
    test.slider(key="convolution_k").set_value(7).run()
    test.slider(key="convolution_d").set_value(3).run()
    assert not test.exception and "more than there are" in test.warning[0].value
    test.slider(key="convolution_p").set_value(6).run()
    assert not test.warning and not test.exception


def test_nonsense_in_the_address_is_said_and_ignored() -> None:
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_file(str(ROOT / "pages" / "convolution.py"), default_timeout=PATIENCE)
    for name, value in {
        "convolution_k": "1e999",
        "convolution_image": "<b>",
        "convolution_own": "1,2,x",
        "convolution_kernel": "your own",
        "convolution_cell": "9999,9999",
        "convolution_what": "1",
    }.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    said = " ".join(info.value for info in test.info)
    assert said.count("This link asks for") == 1
    assert "convolution_k" in said and "an unknown name" in said and "convolution_own" in said


def on_tab(app: Callable, tab: str, *sections: str) -> object:
    """The page with a tab and some of its closed sections open."""
    test = app("convolution")
    test.query_params["convolution_tab"] = tab
    test.session_state["convolution_tab"] = tab
    for section in sections:
        test.session_state[f"convolution_{section}"] = True
    return test.run()


def test_pooling_says_what_was_measured(app: Callable) -> None:
    test = on_tab(app, "ReLU and pooling")
    assert not test.exception and any("n = 200" in m.value for m in test.markdown)


def test_an_empty_store_teaches_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Callable
) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))  # whatever other tests have trained
    test = on_tab(app, "Inside a trained CNN")
    assert not test.exception and any("No trained CNN" in info.value for info in test.info)


def run_code(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout


def test_the_scripts_print_the_numbers_on_screen() -> None:
    x = grey(hand.pixels("monocyte"))
    own = np.array([[0.5, -1.0], [0.25, 2.0]])
    settings = [
        hand.Setting("monocyte", x, "spot", KERNELS["spot"](5), Geometry(5, 2, 1, 1)),
        hand.Setting("monocyte", x, hand.OWN, own, Geometry(2, 1, 0, 2)),
    ]
    printed = run_code("\n".join(hand.filter_script(setting, (3, 4)) for setting in settings)).split("\n")
    for setting, (sizes, value) in zip(settings, (printed[0:2], printed[2:4]), strict=True):
        z = convolve(x, setting.w, setting.geometry)
        assert sizes == f"{z.shape[0]} {z.shape[1]}" and value == f"{z[3, 4]:.6f}"


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run in a store of its own: initial weights stand in for learned ones."""
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path))
    images, recipe = load("digits"), replace(SMALL, dataset="digits")
    weights = {name: values.numpy() for name, values in opened(images, recipe).state_dict().items()}
    labels = images.labels[:10]
    run = Run(
        recipe=recipe,
        epochs=(),
        status="finished",
        best=0,
        weights=weights,
        val_index=np.arange(10),
        val_logits=np.eye(10, dtype=np.float32)[labels],
        class_names=images.class_names,
        image_shape=(8, 8, 1),
        parameters=1,
        train_size=50,
        seconds=1.0,
    )
    Store().publish(run)
    return run


def test_a_trained_network_opens_with_all_its_sections(
    stored: Run, app: Callable, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    test = on_tab(app, "Inside a trained CNN", "filters", "layers")
    assert not test.exception and not test.error
    assert any(re.search(r"\d+ of 4 filters", m.value) for m in test.markdown)
    file = tmp_path / "script.py"
    file.write_text(network_script(stored, Shown(load("digits").images[0], "", 0)))
    runpy.run_path(str(file))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("features.0.0, 4 × 8 × 8, 36, 3, ")
    test.button(key="convolution_take").click().run()
    assert not test.exception and test.selectbox(key="convolution_kernel").value == "your own"


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_an_own_picture_is_slid_over_and_a_bad_file_is_named(app: Callable) -> None:
    test = app("convolution")
    test.query_params["convolution_image"] = hand.OWN_PICTURE
    test.selectbox(key="convolution_image").set_value(hand.OWN_PICTURE).run()
    assert not test.exception and any("Until you choose a file" in c.value for c in test.caption)
    grey_ramp = np.arange(60 * 60, dtype=np.uint32).reshape(60, 60) % 256
    test.file_uploader[0].set_value(("own.png", png(grey_ramp.astype(np.uint8)), "image/png")).run()
    assert not test.exception and not test.error
    assert any("(60 × 60 px) was resized to 28 × 28, in gray" in c.value for c in test.caption)
    test.file_uploader[0].set_value(("own.png", b"<html>", "image/png")).run()
    assert not test.exception and "not a picture" in test.error[0].value


def test_an_own_picture_is_fed_to_the_opened_network(stored: Run, app: Callable) -> None:
    test = on_tab(app, "Inside a trained CNN")
    test.segmented_control(key="convolution_fed").set_value(hand.OWN_PICTURE).run()
    picture = png(np.full((20, 30, 3), 90, np.uint8))
    test.file_uploader[0].set_value(("own.png", picture, "image/png")).run()
    assert not test.exception and not test.error
    script = network_script(stored, Shown(np.zeros((8, 8), np.uint8), "", None))
    assert 'read_image("picture.png")' in script


def test_image_and_cell_stand_in_the_address_or_are_ignored(stored: Run, app: Callable) -> None:
    test = app("convolution")
    asked = {"tab": "Inside a trained CNN", "number": "99", "spot": "1.2.3.4", "class": "-1"}
    for name, value in asked.items():
        test.query_params[f"convolution_{name}"] = value
    test.session_state["convolution_tab"] = asked["tab"]
    test.run()
    assert not test.exception
    assert test.query_params["convolution_spot"] in ("1.2.3.4", ["1.2.3.4"])
    said = " ".join(info.value for info in test.info)
    assert said.count("This link asks for") == 1
    assert "convolution_class" in said and "convolution_number" in said
    assert test.number_input(key="convolution_number").value == 0
    test.number_input(key="convolution_number").set_value(4).run()
    assert test.query_params["convolution_number"] == "4"

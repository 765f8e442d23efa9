"""A trained network opened on the page: maps, filters, fields of the learner's own run. torch comes in late."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.convolution import kernels
from dlcore.convolution.receptive_field import LayerMaps
from dlcore.convolution.sliding import grey
from dlcore.data import BadInput, ImageSet
from dlcore.figures import convolution as figures
from dlcore.number_text import count, digits
from dlcore.runs import Run
from ui.convolution.address import BEFORE, EACH, OWN_PICTURE, SHARED, STATE, TRAINED, VALIDATION
from ui.convolution.models import network, opened
from ui.convolution.sliding_filter import use_as_own
from ui.frame import frame
from ui.frame.fields import OneOf
from ui.frame.stored import image_set
from ui.frame.uploads import pictures
from ui.training import shown_network

MOST = 48  # maps drawn at once


@dataclass(frozen=True, eq=False)
class Shown:
    """The image fed to the network: its pixels, what it is, and its place in the set (None for an own one)."""

    pixels: np.ndarray
    caption: str
    index: int | None = None


def empty() -> None:
    """No run yet: the first step."""
    st.info(
        "No trained CNN is stored yet. Train one, which takes about half a minute with the defaults; it "
        "appears here, with all its filters and maps.",
        icon=":material/model_training:",
    )
    st.page_link("pages/training.py", label="Train a network", icon=":material/arrow_forward:")


def choose_run() -> tuple[Run, ImageSet] | None:
    """The network the learner chose and its images; None, and what to do, where there is none."""
    found = shown_network.networks(STATE, scored=False)
    if found is None:
        return None
    if not found:
        empty()
        return None
    run = shown_network.choose(STATE, found)
    try:
        images = image_set(run.recipe.dataset) if run is not None else None
    except BadInput as error:
        st.warning(str(error), icon=":material/error:")
        return None
    if run is None or images is None or not run.weights:
        st.warning("This run kept no weights that can be read. Choose another.", icon=":material/error:")
        return None
    return run, images


def lesson() -> str:
    """Maps of a chosen layer for a chosen image, and three closed sections behind it; the script of all this."""
    picture, side = frame.picture_and_controls((2.4, 1.0))
    with side:
        chosen = choose_run()
        if chosen is None:
            return ""
        run, images = chosen
        image = choose_image(run, images)
        weights = st.segmented_control(
            "Weights",
            (TRAINED, BEFORE),
            default=TRAINED,
            required=True,
            key="convolution_when",
            bind="query-params",
        )
        layers = opened(run.key, image.pixels, weights == TRAINED)
        names = [f"{layer.name}: {layer.title}" for layer in layers]
        control = STATE.control("layer", OneOf(names, default=names[min(3, len(names) - 1)]))
        layer = layers[names.index(control.keep(st.selectbox("Layer", names, key=control.key)))]
        scale = st.segmented_control(
            "Color scale",
            (SHARED, EACH),
            default=SHARED,
            required=True,
            key="convolution_scale",
            bind="query-params",
        )
    with picture:
        _maps(run, image, layer, str(weights), scale == EACH)
    frame.notice(
        invitation(
            "Go through the layers from the first to the last, then look at the same layer before training."
        ),
        Claim(
            "From block to block there are more maps, and smaller ones, and each cell can see more pixels. Random "
            "filters mark outlines as well: a map that looks sensible does not show that something was learned.",
            "tests/test_page_claims.py::test_later_layers_have_more_maps_fewer_cells_and_wider_fields "
            "tests/test_page_claims.py::test_random_filters_mark_outlines_as_well",
        ),
    )
    sections(run, image, layers, layer)
    return network_opened_script(run, image)


def choose_image(run: Run, images: ImageSet) -> Shown:
    """A validation image by number, or the learner's own picture."""
    which = st.segmented_control(
        "Image",
        (VALIDATION, OWN_PICTURE),
        default=VALIDATION,
        required=True,
        key="convolution_fed",
        bind="query-params",
    )
    if which == OWN_PICTURE:
        own = pictures("convolution_fed_file", run.image_shape, VALIDATION)
        if own:
            last = len(own) - 1
            n = STATE.number(st, f"Number, 0 to {last}", "own_number", 0, last, 0) if last else 0
            _, pixels, notes = own[n]
            return Shown(pixels, "your own picture. " + " ".join(notes))
    last = len(run.val_index) - 1
    n = STATE.number(st, f"Validation image, 0 to {last}", "number", 0, last, 0)
    index = int(run.val_index[n])
    return Shown(images.images[index], run.class_names[int(images.labels[index])], index)


def _maps(run: Run, image: Shown, layer: LayerMaps, weights: str, per_map: bool) -> None:
    left, right = st.columns([1.4, 5])
    left.image(image.pixels, width=112, caption=image.caption)
    n = layer.maps.shape[0]
    field = layer.field
    right.markdown(
        f"{shown_network.name(run)}. **{layer.title}**, `{layer.name}`, {weights}: {layer.shape} (channels × rows "
        f"× columns), {layer.parameters:,} parameters. Each position sees {field.size} × {field.size} pixels; "
        f"neighbors are {count(field.jump, 'pixel')} apart."
    )
    shown = layer.maps[:MOST]
    more = f" The first {MOST} of {n} maps." if n > MOST else ""
    silent = int((np.abs(layer.maps).max(axis=(1, 2)) == 0).sum())
    quiet = f" {silent} of {n} maps are zero everywhere for this image." if silent else ""
    frame.chart(
        figures.sheet(shown, per_map),
        f"{len(shown)} maps of {layer.name} for an image ({image.caption}), values from "
        f"{digits(layer.maps.min())} to {digits(layer.maps.max())}.",
        "convolution_maps",
    )
    st.caption(f"Blue above zero, orange below, gray zero.{more}{quiet}")
    if weights == BEFORE:
        st.caption(
            "Before training batch normalization has seen no image: it passes its input on almost unchanged."
        )


def sections(run: Run, image: Shown, layers: tuple[LayerMaps, ...], layer: LayerMaps) -> None:
    """Closed until asked for: fields, filters, the table of layers."""
    with frame.more("Which pixels can a cell see?", "convolution_field", bind=True) as is_open:
        if is_open:
            _field(run, image.pixels, layer)
    with frame.more(
        "The filters, and are the first ones edges?", "convolution_filters", bind=True
    ) as is_open:
        if is_open:
            _filters(run, layer)
    with frame.more(
        "All layers: shapes, parameters, receptive fields", "convolution_layers", bind=True
    ) as is_open:
        if is_open:
            st.dataframe(table(layers), hide_index=True, key="convolution_table")
            total = sum(each.parameters for each in layers)
            st.caption(f"{total:,} of the network's {run.parameters:,} parameters are in these layers.")


def table(layers: tuple[LayerMaps, ...]) -> list[dict[str, Any]]:
    """One line per layer."""
    return [
        {
            "layer": each.name,
            "what it is": each.title,
            "channels × rows × columns": each.shape,
            "parameters": each.parameters,
            "field (pixels a side)": each.field.size,
            "step (pixels)": each.field.jump,
        }
        for each in layers
    ]


def _field(run: Run, pixels: np.ndarray, layer: LayerMaps) -> None:
    from dlcore.convolution.network_opened import geometry_of, sensitivity
    from dlcore.convolution.network_opened import layers as modules
    from dlcore.oracles.convolution import field_by_gradient

    channels, rows, cols = layer.maps.shape
    places = [
        STATE.number(column, f"{label}, 0 to {top - 1}", label.lower(), 0, top - 1, start)
        for column, label, top, start in zip(
            st.columns(3),
            ("Channel", "Row", "Column"),
            (channels, rows, cols),
            (int(layer.maps.max(axis=(1, 2)).argmax()), rows // 2, cols // 2),
            strict=True,
        )
    ]
    channel, i, j = places
    model = network(run.key, True)
    h, w = pixels.shape[:2]
    span = layer.field.span(i, h), layer.field.span(j, w)
    felt = sensitivity(model, pixels, layer.name, channel, (i, j))
    alt = f"Cell ({i}, {j}) of {layer.name} sees rows {span[0][0]} to {span[0][1] - 1} and columns "
    alt += f"{span[1][0]} to {span[1][1] - 1}; it answers to {int((felt > 0).sum())} pixels."
    frame.chart(
        figures.receptive(grey(pixels), felt, *span, f"What cell ({i}, {j}) can see"), alt, "convolution_seen"
    )
    st.caption(
        f"{alt} Size {layer.field.size}: the sum of (reach − 1) · step over the layers before, plus 1. A frame "
        "smaller than that is cut by the border. On the right a pixel is dark where a ReLU or a maximum lets "
        "nothing through for this image (network after training)."
    )
    geometries = []
    for name, module in modules(model):
        geometries.append(geometry_of(module))
        if name == layer.name:
            break
    reached = field_by_gradient(geometries, (h, w), (i, j))
    counted = np.zeros((h, w), dtype=bool)
    counted[slice(*span[0]), slice(*span[1])] = True
    frame.check(
        "pixels in the field",
        float(counted.sum()),
        float(reached.sum()),
        float((counted != reached).sum() + (felt[~counted] > 0).sum()),
        0,
        "torch.autograd, through the same windows with weights of 1",
    )


def _filters(run: Run, layer: LayerMaps) -> None:
    from dlcore.convolution import network_opened

    trained, before = network(run.key, True), network(run.key, False)
    after_w, before_w = (network_opened.first_filters(model) for model in (trained, before))
    rng = np.random.default_rng(0)
    after, start = (kernels.edge_likeness(w, rng) for w in (after_w, before_w))
    frame.chart(
        figures.edge_likeness(start, after),
        f"Cosine of {len(after_w)} first-layer filters with their best edge: mean {start.cosine.mean():.2f} "
        f"before, {after.cosine.mean():.2f} after training; random filters {after.random_mean:.2f}.",
        "convolution_edges",
    )
    st.markdown(verdict(start, after))
    st.markdown("The first layer's filters, summed over the input channels, after training.")
    frame.chart(
        figures.sheet(after_w, per_map=False, name="filter"),
        f"{len(after_w)} filters of {after_w.shape[1]} by {after_w.shape[2]} weights.",
        "convolution_first",
    )
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    number = STATE.number(left, "Filter", "nth", 0, len(after_w) - 1, int(after.cosine.argmax()))
    right.button(
        "Slide this filter over the picture",
        icon=":material/arrow_back:",
        on_click=use_as_own,
        args=[after_w[number]],
        key="convolution_take",
    )
    w = network_opened.filters(trained, layer.name)
    if w is not None and w.shape[1] > 1:
        st.markdown(
            f"**One filter of `{layer.name}`**: a {w.shape[2]} × {w.shape[3]} slice for every input channel."
        )
        which = STATE.number(st, "Filter of this layer", "slice", 0, len(w) - 1, 0)
        frame.chart(
            figures.sheet(w[which][:MOST], per_map=False, name="input channel"),
            f"{min(MOST, w.shape[1])} slices of filter {which}, weights from {digits(w[which].min())} to "
            f"{digits(w[which].max())}.",
            "convolution_slices",
        )


def network_opened_script(run: Run, image: Shown) -> str:
    """Python that prints shape, parameters, field and largest value of every layer for the image on screen."""
    if image.index is None:
        more = "from dlcore.data import read_image\nfrom dlcore.data.fitting import fitted\n"
        made = 'fitted(read_image("picture.png"), run.image_shape)  # your file'
    else:
        more, made = "from dlcore.data import load\n", f"load(run.recipe.dataset).images[{image.index}]"
    return f"""from dlcore.convolution.network_opened import feature_maps
{more}from dlcore.models import load as network_of
from dlcore.store import Store

run = Store().get("{run.key}")
image = {made}
for layer in feature_maps(network_of(run), image):
    print(layer.name, layer.shape, layer.parameters, layer.field.size, f"{{layer.maps.max():.4f}}", sep=", ")
"""


def verdict(before: kernels.EdgeLikeness, after: kernels.EdgeLikeness) -> str:
    """What the comparison with edges shows, in words; chance included."""
    n = len(after.cosine)
    p = kernels.chance_of_becoming_edges(before, after)
    said = (
        "more than chance explains, and more than before training: some filters have become edges"
        if p <= 0.05
        else "not more than chance or the start may explain: that early layers find edges is not shown by these "
        "filters, which does not mean that it is false"
    )
    return (
        f"**{after.above} of {n} filters** are more like an edge than 95% of random filters "
        f"(before training {before.above}; chance alone gives {0.05 * n:.1f} on average). Mean |cosine| "
        f"{before.cosine.mean():.2f} before, {after.cosine.mean():.2f} after, {after.random_mean:.2f} for random "
        f"filters. That is {said} (p = {digits(p, 2)}). A 3 × 3 filter has few ways to be anything else: "
        "two of its nine dimensions are edges."
    )

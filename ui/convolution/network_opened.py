"""A trained network opened on the page: run and image, the network in the hand, its filters. torch comes in late."""

from typing import Any

import numpy as np
import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.convolution import kernels
from dlcore.convolution.receptive_field import LayerMaps
from dlcore.data import BadInput, ImageSet
from dlcore.figures import convolution as figures
from dlcore.number_text import digits
from dlcore.runs import Run
from ui.convolution import hand, hand_checks
from ui.convolution.address import OWN_PICTURE, STATE, VALIDATION
from ui.convolution.hand import Rest, Shown
from ui.convolution.models import network, opened, taken_apart
from ui.convolution.sliding_filter import use_as_own
from ui.frame import frame
from ui.frame.stored import image_set
from ui.frame.uploads import pictures
from ui.training import shown_network

MOST = 48  # maps drawn at once


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
    """The network in the hand, its check, and closed sections behind it; the script of all this."""
    with st.container(key="picture_first"):
        controls, stage = st.container(), st.container()
    with controls:
        left, middle, right = st.columns([2, 1.4, 1], vertical_alignment="bottom")
        with left:
            chosen = choose_run()
        if chosen is None:
            return ""
        run, images = chosen
        image = choose_image(run, images, middle, right)
    with stage:
        rest = draw(run, image)
    frame.notice(
        invitation(
            "Paint over the cell, or move it, and watch the scores. Then pull the weights back to before training: "
            "what do the same strokes change now?"
        ),
        Claim(
            "From block to block there are more maps, and smaller ones, and each cell can see more pixels. Random "
            "filters mark outlines as well: a map that looks sensible does not show that something was learned.",
            "tests/test_page_claims.py::test_later_layers_have_more_maps_fewer_cells_and_wider_fields "
            "tests/test_page_claims.py::test_random_filters_mark_outlines_as_well",
        ),
    )
    sections(run, image, rest)
    return network_opened_script(run, image)


def draw(run: Run, image: Shown) -> Rest | None:
    """The network in the browser with its check; of a network that is too large for that, its maps from here."""
    sent = taken_apart(run.key, run.best)
    if sent.is_small:
        rest = hand.picture(run, image)
        if rest is not None:
            hand_checks.check(run, rest)
        return rest
    st.info(
        f"The weights of this network are {digits(sent.weights.nbytes / 1e6, 2)} MB. Up to 1.5 MB are sent to a "
        "browser, so this network is computed by the server and cannot be painted on.",
        icon=":material/info:",
    )
    for layer in opened(run.key, image.pixels, run.best):
        if layer.title == "ReLU":
            shown = layer.maps[:MOST]
            st.markdown(f"`{layer.name}`: {layer.shape} (channels × rows × columns)")
            alt = f"{len(shown)} maps of {layer.name}, values up to {digits(layer.maps.max())}."
            frame.chart(figures.sheet(shown, per_map=False), alt, f"convolution_maps_{layer.name}")
    return None


def choose_image(run: Run, images: ImageSet, place: Any, beside: Any) -> Shown:
    """A validation image by number, or the learner's own picture."""
    which = place.segmented_control(
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
            n = STATE.number(beside, f"Number, 0 to {last}", "own_number", 0, last, 0) if last else 0
            _, pixels, notes = own[n]
            return Shown(pixels, "your own picture. " + " ".join(notes))
    last = len(run.val_index) - 1
    n = STATE.number(beside, f"Image, 0 to {last}", "number", 0, last, 0)
    index = int(run.val_index[n])
    return Shown(images.images[index], run.class_names[int(images.labels[index])], index)


def sections(run: Run, image: Shown, rest: Rest | None) -> None:
    """Closed until asked for: checks, filters, the table of layers."""
    if rest is not None:
        with frame.more_checks("convolution") as is_open:
            if is_open:
                hand_checks.other_checks(run, rest)
    with frame.more("The first filters: are they edges?", "convolution_filters", bind=True) as is_open:
        if is_open:
            _filters(run)
    with frame.more(
        "All layers: shapes, parameters, receptive fields", "convolution_layers", bind=True
    ) as is_open:
        if is_open:
            layers = opened(run.key, image.pixels, run.best)
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


def _filters(run: Run) -> None:
    from dlcore.convolution import network_opened

    trained, before = network(run.key, run.best), network(run.key, 0)
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

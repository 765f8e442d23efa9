"""The moving pictures of the static edition: what each is drawn from, and the controls that decide it.

A browser puts a picture's data together from what stands here, by the names and texts of the lab's own addresses:
every value of a control comes from the page's State, all data from the function that the lab itself sends it by.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dlcore.convolution import kernels
from dlcore.convolution.sliding import Geometry, grey, problem
from dlcore.network import trajectory
from dlcore.network.trajectory import Plan
from ui.backprop import stepper
from ui.convolution import sliding_filter
from ui.convolution.address import KERNEL_NAMES, OWN, pictures
from ui.convolution.address import STATE as CONVOLUTION
from ui.course import home
from ui.frame.address import State
from ui.network import controls as network_controls
from ui.network import playground
from ui.network.controls import DATA, EXAMPLES, plan_of
from ui.neuron import neuron, softmax
from ui.site.picture import Picture, control
from ui.site.sentences import told


def first() -> Picture:
    """The line of the first page."""
    return Picture("index", "home", "home", told("home"), home.separation())


def one_neuron() -> Picture:
    """One neuron, moved by hand."""
    state = neuron.STATE
    return Picture(
        "neuron",
        "neuron",
        "neuron",
        told("neuron", "one"),
        neuron.payload(
            "sigmoid", 2, "none", replace(neuron.START, w=neuron.START.w[:2], x=neuron.START.x[:2])
        ),
        controls=(
            control(state, "f", "Activation f", path="f"),
            control(state, "n", "Inputs", path="n"),
            control(state, "points", "Points to separate", neuron.CORNERS.__getitem__, path="points"),
        ),
        names=("neuron_at",),
        more={"start": neuron.write_hand(neuron.START)},
    )


def shares() -> Picture:
    """Softmax."""
    return Picture(
        "softmax",
        "neuron",
        "softmax",
        told("neuron", "shares"),
        softmax.payload(softmax.START, softmax.START_T),
        fixed={"neuron_tab": "Softmax"},
        names=("neuron_softmax",),
    )


def graph() -> Picture:
    """The graph of two neurons, forward and back."""
    state = stepper.STATE
    made = {
        name: {k: stepper.payload(setting, "")[k] for k in ("numbers", "loss", "step")}
        for name, setting in stepper.PRESETS.items()
    }
    usual = next(iter(made))
    numbers = tuple(f"backprop_{name}" for name in (*stepper.LIMITS, "step"))
    return Picture(
        "backprop",
        "backprop",
        "backprop",
        told("backprop"),
        stepper.payload(stepper.PRESETS[usual], "0"),
        controls=(
            control(state, "preset", "Preset", made.__getitem__, clears=[*numbers, "backprop_loss"])
            | {"default": usual},
            control(state, "loss", "Loss")
            | {
                "default": made[usual]["loss"],
                "of": "backprop_preset",
                "defaults": {name: one["loss"] for name, one in made.items()},
            },
        ),
        names=numbers,
    )


def sliding() -> Picture:
    """A filter slides over an image; own filters as well, own images only in the full lab."""
    images = {name: grey(sliding_filter.pixels(name)) for name in pictures()}
    filters = {
        f"{name}|{k}": kernels.KERNELS[name](k).ravel().tolist()
        for name in KERNEL_NAMES
        for k in range(1, 8)
        if name != OWN
    }
    begin = sliding_filter.Setting(
        next(iter(images)),
        next(iter(images.values())),
        KERNEL_NAMES[0],
        kernels.KERNELS[KERNEL_NAMES[0]](3),
        Geometry(),
    )

    def image(name: str) -> dict[str, Any]:
        there = replace(begin, picture=name, x=images[name], kernel="{kernel}")
        sent = sliding_filter.payload(there, (0, 0))
        sent["alt"] = sent["alt"].replace("of size 3", "of size {k}")
        return {name: sent[name] for name in ("id", "pixels", "rows", "cols", "alt")}

    return Picture(
        "convolution",
        "convolution",
        "convolution",
        told("convolution", "slides"),
        sliding_filter.payload(begin, (begin.sizes[0] // 2, begin.sizes[1] // 2)),
        controls=(
            control(CONVOLUTION, "image", "Image", image, only=images, path=""),
            control(CONVOLUTION, "kernel", "Filter"),
            *(
                control(CONVOLUTION, name, label, path=f"geometry.{name}")
                for name, label in (
                    ("k", "Size k"),
                    ("s", "Stride s"),
                    ("p", "Padding p"),
                    ("d", "Dilation d"),
                )
            ),
        ),
        names=("convolution_cell", "convolution_own"),
        more={"filters": filters, "own": sliding_filter.own_default(), "problems": _problems(images)},
    )


def _problems(images: dict[str, Any]) -> dict[str, str]:
    """Why a filter cannot slide, by pixels, size, padding and dilation; only what cannot be."""
    found = {
        f"{n}|{k}|{p}|{d}": problem(n, Geometry(k, 1, p, d))
        for n in {min(x.shape) for x in images.values()}
        for k in range(1, 8)
        for p in range(7)
        for d in range(1, 4)
    }
    return {at: sentence for at, sentence in found.items() if sentence}


NETWORK_DATA = tuple(name for name in DATA if name != "own")  # what somebody clicks is dealt out by the lab


def small_network() -> Picture:
    """The small network, on the points of the lab as they are without noise."""
    state = network_controls.STATE
    usual = plan_of({name: kind.default for name, kind in state.fields.items()}, "")[0]

    def ground(points: str) -> dict[str, Any]:
        plan = _on(usual, points)
        sent = playground.payload(plan, trajectory.sets(plan), "tv", True)
        return {name: sent[name] for name in ("x", "y", "train", "split", "axes", "regression", "classes")}

    names = (
        ("lr", "η", "plan.lr"),
        ("features", "Features", "net.features"),
        ("loss", "Loss", "net.head"),
        ("opt", "Optimizer", "plan.optimizer"),
        ("l1", "L1 penalty", "plan.l1"),
        ("l2", "L2 penalty", "plan.l2"),
        ("batch", "Batch size", "plan.batch"),
        ("seed", "Seed", "plan.seed"),
    )
    hand = ["network_epoch", "network_edit"]  # another plan is another network: they mean nothing there
    return Picture(
        "network",
        "network",
        "network",
        told("network", lesson="network/lesson"),
        playground.payload(usual, trajectory.sets(usual), "tv", True),
        controls=(
            control(state, "data", "Points", ground, only=NETWORK_DATA, path="", clears=hand),
            control(state, "act", "f", path="net.f", clears=hand),
            *(
                control(state, name, label, path=path, clears=hand, more=name != "lr")
                for name, label, path in names
            ),
        ),
        names=("network_layers", "network_epoch", "network_edit"),
        more={"hand": hand, "examples": [_example(one, state) for one in EXAMPLES if _is_here(one.settings)]},
    )


def _on(plan: Plan, points: str) -> Plan:
    head = "regression" if points in network_controls.pointsets.REGRESSION else plan.net.head
    return replace(plan, points=points, net=replace(plan.net, head=head))


def _is_here(settings: Any) -> bool:
    return not {"network_size", "network_noise", "network_dseed"} & set(settings)


def _example(one: network_controls.Example, state: State) -> dict[str, Any]:
    said = {name: state.fields[name.removeprefix("network_")].write(v) for name, v in one.settings.items()}
    return {"name": one.name, "said": said, "see": str(one.see)}


def all_pictures(surfaces: Iterable[str]) -> tuple[Picture, ...]:
    """Every page with a picture, in the order of the menu.

    Args:
        surfaces: on which the race can be run; how well a rate suits a racer there is tried out, which takes seconds.
    """
    from ui.site import hand, race  # torch comes with the first

    return (
        first(),
        one_neuron(),
        shares(),
        small_network(),
        graph(),
        race.picture(tuple(surfaces)),
        sliding(),
        hand.picture(),
    )

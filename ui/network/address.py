"""What the small network's address may hold. Everything else is ignored, and a sentence says so."""

from collections.abc import Iterable

from ui.frame import address
from ui.frame.address import Test, one_of, whole
from ui.network import controls
from ui.neuron.neuron import F_NAMES


def _numbers(values: Iterable[float]) -> list[str]:
    return [f"{v:g}" for v in values]


FREE: Test = lambda text: len(text) < 4000  # noqa: E731  read and judged where it is used
ALLOWED: dict[str, Test] = {
    "network_data": one_of(controls.DATA.values()),
    "network_layers": lambda text: len(text) <= 40,
    "network_act": one_of(F_NAMES.values()),
    "network_lr": one_of(_numbers(controls.RATES)),
    "network_seed": whole(0, 9999),
    "network_features": one_of(controls.FEATURE_NAMES.values()),
    "network_loss": one_of(controls.LOSSES.values()),
    "network_opt": one_of(controls.OPTIMIZERS.values()),
    "network_l1": one_of(_numbers(controls.PENALTIES)),
    "network_l2": one_of(_numbers(controls.PENALTIES)),
    "network_batch": one_of(map(controls.batch_name, controls.BATCHES)),
    "network_epochs": one_of(controls.EPOCHS),
    "network_size": whole(20, 500),
    "network_noise": whole(0, 50),
    "network_dseed": whole(0, 9999),
    "network_own": FREE,
    "network_edit": FREE,
    "network_epoch": FREE,
    "network_plain": one_of(("true", "false")),
    "network_test": one_of(("true", "false")),
}


def drop_what_cannot_be() -> None:
    """Take from the address what no control of this page can show."""
    address.drop_what_cannot_be("network_", ALLOWED)

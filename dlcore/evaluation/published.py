"""The published MedMNIST results of ResNet-18 at 28 × 28 pixels, and what n test images let one say about them.

Source: Yang et al. 2023, MedMNIST v2, Scientific Data 10:41, table 3. The paper prints shares without intervals;
the intervals here are binomial, from the official number of test images. numpy only.
"""

from dataclasses import dataclass

from dlcore.data.medmnist_sets import info
from dlcore.evaluation.intervals import Share, Z, newcombe, standard_error
from dlcore.runs import Recipe

# set -> AUC, accuracy on the official test images
RESNET18 = {
    "pathmnist": (0.983, 0.907),
    "chestmnist": (0.768, 0.947),
    "dermamnist": (0.917, 0.735),
    "octmnist": (0.943, 0.743),
    "pneumoniamnist": (0.944, 0.854),
    "retinamnist": (0.717, 0.524),
    "breastmnist": (0.901, 0.863),
    "bloodmnist": (0.998, 0.958),
    "tissuemnist": (0.930, 0.676),
    "organamnist": (0.997, 0.935),
    "organcmnist": (0.992, 0.900),
    "organsmnist": (0.972, 0.782),
}
# The same network and images at 224 × 224 pixels.
BREAST_AT_224 = 0.833


@dataclass(frozen=True)
class Published:
    """One row of the table.

    Attributes:
        accuracy: on the test images; where an image has several labels it is a mean over labels, and its
            interval is too narrow or too wide, nobody knows which.
        sizes: official numbers of train, validation and test images.
        smallest: two models, each judged on as many images of its own, must differ by this much before a 95 %
            interval of their difference leaves zero out: z √(2 p (1 − p) / n).
    """

    dataset: str
    title: str
    auc: float
    accuracy: Share
    sizes: tuple[int, int, int]
    several_labels: bool
    smallest: float


def table() -> tuple[Published, ...]:
    """The twelve rows, the widest interval first.

    Raises:
        dlcore.data.Unavailable: the package medmnist, which knows the sizes, is not installed.
    """
    rows = [_row(name, *scores) for name, scores in RESNET18.items()]
    return tuple(sorted(rows, key=lambda row: -row.smallest))


def _row(dataset: str, auc: float, accuracy: float) -> Published:
    facts = info(dataset)
    sizes = tuple(int(facts["n_samples"][part]) for part in ("train", "val", "test"))
    n = sizes[2]
    return Published(
        dataset=dataset,
        title=facts["python_class"],
        auc=auc,
        accuracy=Share(accuracy * n, n),
        sizes=sizes,  # type: ignore[arg-type]
        several_labels="multi-label" in facts["task"],
        smallest=Z * 2**0.5 * standard_error(accuracy, n),
    )


def verdict(mine: Share, theirs: Share) -> str:
    """Whether two accuracies can be ranked, in a sentence with the interval of their difference (Newcombe)."""
    d = newcombe(mine, theirs)
    if not d.is_clear:
        return f"The difference is {d}: zero lies inside, so no ranking survives."
    return f"The difference is {d}: zero lies outside, so this ranking survives its error bars."


def protocol(dataset: str) -> Recipe:
    """The benchmark's recipe: Adam at 1e-3, 100 epochs, a tenth of η at 50 and at 75, batch 128, no augmentation.

    The epoch kept is the one with the best validation AUC.
    """
    return Recipe(
        dataset=dataset, epochs=100, batch_size=128, schedule="step", augmentation="none", keep="auc"
    )

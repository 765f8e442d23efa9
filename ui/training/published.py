"""The published MedMNIST table on screen, the learner's runs beside it, and the benchmark's own recipe."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dlcore.claims import definition
from dlcore.data import Unavailable
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.published import BREAST_AT_224, Published, protocol, table, verdict
from dlcore.figures.published import against_published
from dlcore.number_text import percent
from ui.frame import frame
from ui.frame.stored import needs_database, stored_run
from ui.learner.learner import looks_at
from ui.training import image_sets, recipe_controls


@needs_database("The published results' comparison cannot be drawn")
def published_section() -> None:
    """The table, the picture, what can be ranked, and the protocol as a recipe."""
    try:
        rows = table()
    except Unavailable as error:
        st.caption(str(error))
        return
    mine = sealed_scores({row.dataset: row.sizes[2] for row in rows if not row.several_labels})
    frame.chart(against_published(rows, mine), _alt(rows), "training_published")
    st.caption(
        "Source: Yang et al. 2023, MedMNIST v2, Scientific Data 10:41. The paper gives no intervals; these are "
        "binomial (Wilson, 95%), from the number of test images. ChestMNIST has 14 labels an image and its "
        "accuracy is a mean over them: no binomial interval holds for it."
    )
    _rankings(rows, mine)
    st.dataframe(
        _listed(rows),
        hide_index=True,
        column_config={
            part: st.column_config.NumberColumn(format="localized")
            for part in ("train", "validation", "test")
        },
        key="training_published_table",
    )
    shares = [f"{row.title} {'/'.join(f'{100 * n / sum(row.sizes):.0f}' for n in row.sizes)}" for row in rows]
    st.caption(f"None of these splits is the text's 60/20/20, in percent: {', '.join(shares)}.")
    _protocol()


def sealed_scores(sizes: Mapping[str, int]) -> dict[str, Share]:
    """Data set -> accuracy of the learner's first look at its official test images, where there has been one.

    A validation accuracy has no place here: it is of other images, and they also chose the epoch. Nor has a second
    look: it was chosen knowing the first.

    Args:
        sizes: data set -> number of its official test images.
    """
    found = {}
    for dataset, n in sizes.items():
        looks = looks_at(dataset)
        run = stored_run(looks[0]["key"]) if looks else None
        if run is not None and run.recipe.official_split and run.recipe.dataset == dataset:  # at 28 pixels
            found[dataset] = Share(round(looks[0]["scores"]["accuracy"] * n), n)
    return found


def _alt(rows: tuple[Published, ...]) -> str:
    told = "; ".join(f"{row.title} {row.accuracy}" for row in rows if not row.several_labels)
    return f"Published test accuracies with intervals: {told}."


def _rankings(rows: tuple[Published, ...], mine: Mapping[str, Share]) -> None:
    """Pairs of models on the same set, and whether their order survives the error bars."""
    by_name = {row.dataset: row for row in rows}
    frame.say(
        definition("**Does a ranking survive its error bars?** Only models on the same images can be ranked.")
    )
    lines = []
    for dataset, share in mine.items():
        row = by_name[dataset]
        lines.append(
            f"- {row.title}, this lab's first opening of the test images ({share}) against the published "
            f"{row.accuracy}. {verdict(share, row.accuracy)}"
        )
    breast = by_name["breastmnist"].accuracy
    other = Share(BREAST_AT_224 * breast.n, breast.n)
    lines.append(
        f"- BreastMNIST, published ResNet-18 at 28 pixels ({breast}) against the same at 224 pixels ({other}). "
        f"{verdict(breast, other)} Both were judged on the same {breast.n} images; with both models' answers "
        "image by image a paired comparison could say more, but the paper prints only shares."
    )
    st.markdown("\n".join(lines))
    if not mine:
        st.caption(
            "These are accuracies on sealed test images, so none on validation images is shown beside them: those "
            "are others, and they chose the epoch. Submit one run under “Sealed test set”, and its score "
            "appears here."
        )


def _listed(rows: tuple[Published, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "set": [row.title for row in rows],
            "train": [row.sizes[0] for row in rows],
            "validation": [row.sizes[1] for row in rows],
            "test": [row.sizes[2] for row in rows],
            "AUC": [f"{row.auc:.3f}" for row in rows],
            "accuracy, 95% interval": [
                f"{percent(row.accuracy.value)} (14 labels)" if row.several_labels else row.accuracy.short
                for row in rows
            ],
            "two models closer than this cannot be ranked": [
                "" if row.several_labels else f"±{100 * row.smallest:.1f} points" for row in rows
            ],
        }
    )


def _protocol() -> None:
    dataset = st.session_state.get("training_data", "breastmnist")
    title = image_sets.title_of(dataset)
    st.button(
        f"Take the benchmark's recipe for {title}",
        icon=":material/science:",
        on_click=recipe_controls.fill,
        args=[protocol(dataset)],
        key="training_protocol",
    )
    st.caption(
        "Adam with η = 0.001, 100 epochs, a tenth of η after epochs 50 and 75, batches of 128, no random changes, "
        "pixels scaled to −1 … 1, the epoch with the best validation AUC kept. The button fills the controls "
        "above and trains nothing yet. What differs from the paper: our CNN is far smaller than ResNet-18; and "
        "the benchmark's own script also scores the test images after every epoch, while here they stay sealed."
    )

"""The published table: its intervals against the given ones, its verdicts against a case each way."""

from types import SimpleNamespace

import pytest

from dlcore.data.medmnist_sets import info
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.published import BREAST_AT_224, RESNET18, protocol, table, verdict
from dlcore.runs import Recipe
from dlcore.training import learning_rate
from ui.training import published as page

# Half widths 1.96 √(p (1 − p) / n), computed by another hand.
HALF_WIDTHS = {
    "pathmnist": 0.007, "dermamnist": 0.019, "octmnist": 0.027, "pneumoniamnist": 0.028, "retinamnist": 0.049,
    "breastmnist": 0.054, "bloodmnist": 0.007, "tissuemnist": 0.004,
}  # fmt: skip


def test_twelve_rows_with_official_sizes_and_the_intervals_given_elsewhere() -> None:
    rows = {row.dataset: row for row in table()}
    assert len(rows) == 12
    assert rows["breastmnist"].sizes == (546, 78, 156)
    assert [name for name, row in rows.items() if row.several_labels] == ["chestmnist"]
    for name, half in HALF_WIDTHS.items():
        share = rows[name].accuracy
        low, high = share.interval
        assert (high - low) / 2 == pytest.approx(half, abs=0.0015)
    assert rows["breastmnist"].smallest == pytest.approx(2**0.5 * 0.054, abs=0.001)


def test_no_official_split_is_60_20_20() -> None:
    for row in table():
        assert any(
            abs(n / sum(row.sizes) - share) > 0.01
            for n, share in zip(row.sizes, (0.6, 0.2, 0.2), strict=True)
        )
        assert row.sizes == tuple(info(row.dataset)["n_samples"].values())


def test_a_ranking_survives_on_many_images_and_not_on_few() -> None:
    few, many = (135, 156), (135 * 40, 156 * 40)
    assert "no ranking survives" in verdict(Share(*few), Share(few[0] - 5, few[1]))
    assert "this ranking survives" in verdict(Share(*many), Share(many[0] - 200, many[1]))


def test_only_a_first_look_at_the_same_test_images_stands_beside_a_published_accuracy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = {
        "breastmnist": [{"key": "a", "scores": {"accuracy": 0.75}}, {"key": "b", "scores": {"accuracy": 0.9}}]
    }
    looks["bloodmnist"] = [{"key": "other split", "scores": {"accuracy": 0.9}}]
    monkeypatch.setattr(page, "looks_at", lambda dataset: looks.get(dataset, []))
    kept = {
        "a": Recipe(dataset="breastmnist"),
        "other split": Recipe(dataset="bloodmnist", official_split=False),
    }
    monkeypatch.setattr(page, "stored_run", lambda key: SimpleNamespace(recipe=kept[key]))
    sizes = {"breastmnist": 156, "bloodmnist": 3421, "retinamnist": 400}
    assert page.sealed_scores(sizes) == {"breastmnist": Share(117, 156)}


def test_the_protocol_drops_the_rate_tenfold_after_epochs_50_and_75() -> None:
    recipe = protocol("breastmnist")
    rates = [learning_rate(recipe, epoch) for epoch in range(100)]
    assert [rates[0], rates[49], rates[50], rates[74], rates[75], rates[99]] == pytest.approx(
        [1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5]
    )
    assert (recipe.optimizer, recipe.batch_size, recipe.epochs) == ("adam", 128, 100)


def test_every_published_number_is_a_share_and_no_worse_than_a_coin() -> None:
    pairs = [*RESNET18.values(), (0.5, BREAST_AT_224)]
    assert len(pairs) == 13
    for auc, accuracy in pairs:
        assert 0.5 <= auc < 1 and 0.5 < accuracy < 1

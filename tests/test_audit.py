"""The audit finds leaks, contradictions and shortcuts unaided, and is silent where nothing is there."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_files import class_folders, dicom, npz, zipped
from sklearn.metrics import roc_auc_score
from test_data import official_folder
from test_store import made_run

from dlcore import models
from dlcore.attribution import many_images, sanity_check
from dlcore.audit import SECTIONS, Audit, Finding, audit, network, probes
from dlcore.audit.__main__ import looked, main
from dlcore.audit.actions import actions
from dlcore.audit.beside import beside
from dlcore.audit.findings import OF_A_NETWORK
from dlcore.audit.regions import exchanged, regions
from dlcore.audit.report import html
from dlcore.audit.trained import sealed, trained
from dlcore.audit.twins import expected_near, poisson_tail
from dlcore.data import ImageSet, load, read_any, split
from dlcore.data.uploads import keep_set
from dlcore.evaluation.intervals import auc_mean
from dlcore.heatmaps.shortcut import drawn_anew
from dlcore.runs import Recipe, Run
from dlcore.store.store import shared
from dlcore.training import fit
from proofs.subjects import audits


@pytest.fixture(scope="module")
def digits() -> Audit:
    return audit(load("digits"))


@pytest.fixture(scope="module")
def shortcut() -> Audit:
    return audit(load("cells-shortcut"))


def small(n: int = 60) -> ImageSet:
    """A clean set of two classes."""
    return audits.world(0, n)


def test_the_audit_finds_the_39_leaking_test_images_of_breastmnist_and_its_contradiction() -> None:
    found = audit(load("breastmnist", official_folder()))
    near, exact, against = (found.found(k) for k in ("near_across", "exact_across", "contradictions_exact"))
    assert (near.measured, near.n, near.is_alarm) == (39, 156, True)
    assert exact.is_alarm and exact.measured == 1
    assert against.is_alarm and against.example.tolist() == [[115, 546 + 78 + 76]]
    assert found.leaks
    assert not [f for f in found.findings if f.section == "Probes" and f.is_alarm]


def test_the_audit_finds_the_corner_marker_of_cells_shortcut(shortcut: Audit) -> None:
    corner = shortcut.found("probe: top left corner")
    assert corner.is_alarm and corner.measured > 0.95 and "fails on the test part" in corner.text
    for other in ("top right", "bottom left", "bottom right"):
        assert not shortcut.found(f"probe: {other} corner").is_alarm
    assert not shortcut.leaks


def test_the_audit_finds_neither_leak_nor_shortcut_in_cells() -> None:
    found = audit(load("cells"))
    assert [f.key for f in found.findings if f.is_alarm] == []


def test_the_audit_shows_the_one_near_pair_of_digits_and_judges_it(digits: Audit) -> None:
    near = digits.found("near_across")
    assert near.example.shape == (1, 2) and not near.is_alarm and not digits.leaks
    assert "not more than chance" in near.text


def test_every_finding_says_what_was_measured_on_how_many_images(digits: Audit) -> None:
    assert {f.section for f in digits.findings} == set(SECTIONS) - set(OF_A_NETWORK)
    numbers = json.loads(digits.to_json())
    for finding in numbers["findings"]:
        assert finding["text"] and finding["n"] > 0 and finding["measured"] is not None
        if finding["is_alarm"]:
            assert finding["false_alarm_rate"] is not None and finding["advice"]


def test_an_exact_twin_across_parts_is_a_leak_and_the_same_twin_within_training_is_none() -> None:
    clean = small()
    train, _, test = clean.split_for()
    across, within = clean.images.copy(), clean.images.copy()
    across[test[0]] = across[train[0]]
    within[train[1]] = within[train[0]]
    assert audit(replace(clean, images=across)).leaks
    found = audit(replace(clean, images=within))
    assert not found.leaks and found.found("copies").measured == 1


def test_a_patient_in_two_parts_is_a_leak() -> None:
    clean = small()
    parts = clean.split_for()
    groups = np.arange(len(clean))
    assert not audit(replace(clean, groups=groups)).leaks
    groups[parts.test[0]] = groups[parts.train[0]]
    found = audit(replace(clean, groups=groups))
    assert found.leaks and found.found("groups_across").example.tolist() == [parts.test[0]]


def test_a_constant_picture_is_named() -> None:
    clean = small()
    images = clean.images.copy()
    images[7] = 99
    found = audit(replace(clean, images=images)).found("constant")
    assert found.is_alarm and found.example.tolist() == [7]


def test_a_probe_that_only_the_object_explains_is_not_called() -> None:
    found = audit(audits.world(3, 400, is_known=False)).found("probe: contrast")
    assert found.measured > 0.6 and "not called a shortcut" in found.text and not found.is_alarm


@pytest.mark.parametrize("name", audits.PLANTED)
def test_what_is_planted_is_called_and_its_clean_twin_is_not(name: str) -> None:
    clean = audits.world(11)
    assert name in audits.called(audits.PLANTED[name](clean))
    assert name not in audits.called(clean)


def test_a_files_size_that_tells_the_class_is_called() -> None:
    clean = small(120)
    files = {"bytes": 1000 + 500 * clean.labels + np.arange(len(clean))}
    assert audit(clean, files=files).found("probe: the file's bytes").is_alarm
    assert (
        not audit(clean, files={"bytes": 1000 + np.arange(len(clean))})
        .found("probe: the file's bytes")
        .is_alarm
    )


def test_the_area_under_the_curve_is_scikit_learns_and_its_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    scores = rng.normal(size=(200, 3)) + np.eye(3)[labels]
    each = [roc_auc_score(labels == c, scores[:, c]) for c in range(3)]
    assert auc_mean(scores, labels).value == pytest.approx(np.mean(each), abs=1e-12)
    covered = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        y = np.arange(80) % 2
        z = rng.normal(size=80) + y
        m = auc_mean(np.stack([-z, z], axis=1), y)
        covered += m.low <= 0.7602499 <= m.high  # Φ(1/√2)
    assert 0.91 <= covered / 300 <= 0.98


def test_images_of_one_patient_widen_the_interval() -> None:
    rng = np.random.default_rng(1)
    y = np.arange(80) % 2
    z = rng.normal(size=80) + y
    scores, labels, groups = (
        np.repeat(np.stack([-z, z], 1), 4, axis=0),
        np.repeat(y, 4),
        np.repeat(np.arange(80), 4),
    )
    alone, together = auc_mean(scores, labels), auc_mean(scores, labels, groups)
    assert (together.high - together.low) == pytest.approx(2 * (alone.high - alone.low), rel=1e-6)


def test_likeness_explains_what_a_weibull_law_gives() -> None:
    rng = np.random.default_rng(0)
    distance = 0.05 * rng.weibull(2.0, 100_000)
    expected = expected_near(1 - distance)
    assert expected == pytest.approx((distance < 0.01).sum(), rel=0.1)
    assert poisson_tail(0, 3.0) == 1 and poisson_tail(1, 3.0) == pytest.approx(1 - np.exp(-3.0))


def test_a_trained_network_is_asked_how_sure_it_may_be_and_its_worst_mistakes_are_shown() -> None:
    run = made_run(0)
    n = int(run.val_index.max()) + 1
    labels = np.zeros(n, np.int64)
    classes = run.val_probabilities.shape[1]
    labels[run.val_index] = (run.val_probabilities.argmax(axis=1) + 1) % classes  # all wrong
    images = np.random.default_rng(0).integers(0, 255, (n, 8, 8), np.uint8)
    imageset = ImageSet("x", images, labels, tuple("abcdefghij"[:classes]))
    found = {f.key: f for f in trained(imageset, run)}
    assert found["accuracy"].measured == 0 and found["worst"].measured == len(run.val_index)
    assert set(found["worst"].example) <= set(run.val_index)
    sure = run.val_probabilities.max(axis=1).mean()
    assert found["sureness"].measured == pytest.approx(sure) and "It is too sure." in found["sureness"].text


def test_the_sealed_score_stands_in_the_audit_once_it_was_asked_for_and_says_which_look_it_was() -> None:
    run = made_run(0)
    other = {"key": "another", "scores": {"accuracy": 0.9, "auc": None}}
    mine = {"key": run.key, "scores": {"accuracy": 0.75, "auc": 0.8}}
    (unseen,) = sealed(run, [other], 40)
    assert unseen.measured == 1 and "has not been scored on it" in unseen.text
    (of_a_version,) = sealed(run, [], 40, before=2)
    assert "made from it was opened 2 times" in of_a_version.text and of_a_version.advice
    looks, score = sealed(run, [other, mine], 40)
    assert looks.measured == 2 and "too good by up to" in looks.text
    assert (
        score.measured == 0.75
        and score.n == 40
        and "look 2 of 2" in score.text
        and "Not the first" in score.advice
    )


# --- a network ---------------------------------------------------------------------------------------------

MARKED = Recipe("cells-shortcut", "mlp", width=16, epochs=4, subset=1000, augmentation="none")


@pytest.fixture(scope="module")
def marked() -> Run:
    return fit(MARKED)


def of_regions(imageset: ImageSet, run: Run, called: set[str]) -> dict[str, Finding]:
    """What the run uses, asked about its validation images, by region."""
    model, some = models.load(run), run.val_index[:600]
    found = network.used(imageset, some, lambda x: many_images.predicted(model, x), called)
    return {f.key.removeprefix("uses: "): f for f in found}


def test_a_network_that_uses_the_marker_is_called_where_its_probe_is_and_only_described_elsewhere(
    marked: Run, shortcut: Audit
) -> None:
    cells, called = load("cells-shortcut"), set(probes.called(shortcut.findings))
    found = of_regions(cells, marked, called)
    corner = found.pop("top left corner")
    assert corner.is_alarm and corner.measured < -0.2 and (corner.interval or (0, 0))[1] < -0.1
    assert corner.n == 600 and set(corner.example) <= set(marked.val_index)
    assert {name for name, f in found.items() if f.is_alarm} <= {"border"}  # a side of the marker lies there
    unknown = of_regions(cells, marked, set())["top left corner"]
    assert not unknown.is_alarm and "cannot be told here" in unknown.text


def test_the_marker_masked_is_no_longer_called_and_a_network_trained_then_does_not_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marked: Run, shortcut: Audit
) -> None:
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path))
    cells = load("cells-shortcut")
    called, parts = set(probes.called(shortcut.findings)), cells.split_for()
    assert {"top left corner", "border", "contrast"} <= called
    action = next(a for a in actions(shortcut, cells, parts) if a.key == "mask top left corner")
    version = load(keep_set(action.make(), tmp_path))
    after = of_probes(version)
    assert probes.called(after.findings) == [] and version.made_from == (
        ("cells-shortcut", "top left corner masked"),
    )
    rows = {row[0]: row[1:] for row in beside(shortcut, after)}
    assert rows["AUC of a guess by top left corner"] == (
        "0.997 (to act on)",
        "not asked: nothing differs there",
    )
    run = fit(replace(MARKED, dataset=version.name))
    own = of_regions(version, run, called)["top left corner"]
    assert own.measured == 0 and not own.is_alarm
    index = parts.validation
    anew, named = drawn_anew(cells.images[index])
    lies, model = named != cells.labels[index], models.load(run)
    follows = (many_images.predicted(model, anew) == named)[lies].mean()
    assert follows < 0.3, "the marker, shown to it, decides no more than by chance"
    called_by_marked = many_images.predicted(models.load(marked), anew)
    assert (called_by_marked == named)[lies].mean() > 0.4, "the control: who has seen it follows it"


def of_probes(imageset: ImageSet) -> Audit:
    """The part of the audit that asks the probes."""
    parts = imageset.split_for()
    return Audit(
        imageset.name, imageset.images.shape, (0, 0, 0), "", "", {}, tuple(probes.probing(imageset, parts))
    )


def test_an_exchanged_region_holds_what_another_image_has_there_and_spares_the_object() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (12, 20, 20, 3), np.uint8)
    corner = regions(20, 20)["top left corner"]
    changed = exchanged(images, corner)
    assert (changed[:, ~corner] == images[:, ~corner]).all()
    here, there = (sorted(map(bytes, x[:, corner])) for x in (images, changed))
    assert here == there and not any(
        (a == b).all() for a, b in zip(images[:, corner], changed[:, corner], strict=True)
    )
    masks = np.zeros((12, 20, 20), bool)
    masks[:, :3, :3] = True
    assert (exchanged(images, corner, masks) == images).all()


def test_the_command_audits_a_run_beside_its_set_and_a_look_at_the_test_part_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(many_images, "ERASED", 4)
    monkeypatch.setattr(sanity_check, "MANY", 8)
    run = fit(Recipe("digits", "mlp", width=8, epochs=2, fractions=(0.5, 0.25, 0.25)))
    store = shared()
    store.publish(run)
    command = ["digits", "--run", run.key, "-o", str(tmp_path / "r.html")]
    assert main(command) == 0 and store.ledger.test_openings("digits", "this computer") == []
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    numbers = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    by_key = {f["key"]: f for f in numbers["findings"]}
    assert numbers["recipe"] == run.key and numbers["sizes"] == [899, 449, 449]
    assert {"calibration", "worst", "sanity", "deletion_random", "deletion_centre", "uses: border"} <= set(
        by_key
    )
    assert all(f["text"] and f["n"] > 0 for f in numbers["findings"]) and "sealed" not in by_key
    assert "Split again for this audit" in page and all(f"<h2>{name}</h2>" in page for name in OF_A_NETWORK)
    assert main([*command, "--open-test"]) == 0
    assert len(looked(run, load("digits"), is_to_open=True)) == 1  # this run was looked at already
    assert len(store.ledger.test_openings("digits", "this computer")) == 1
    by_key = {f["key"]: f for f in json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["findings"]}
    assert by_key["sealed"]["n"] == 449 and by_key["looks"]["measured"] == 1
    assert main(["cells", "--run", run.key]) == 2 and "has learned from digits" in capsys.readouterr().err
    assert main(["digits", "--run", "0" * 64]) == 2 and main(["digits", "--run", "x"]) == 2


def test_a_run_without_weights_is_audited_by_its_stored_predictions_alone() -> None:
    run = replace(made_run(0), weights={})
    (said,) = network.asked(load("digits"), run, set(), lambda _: None)
    assert said.key == "no_weights" and said.n == 4 and not said.is_alarm


def test_the_report_needs_no_other_file_and_holds_all_numbers(digits: Audit) -> None:
    page = html(digits, load("digits"), "2026-11-27")
    assert not re.findall(r'(?:src|href)="(?!data:image/png;base64,)', page) and "http" not in page
    numbers = re.search(r'id="numbers">(.*?)</script>', page, re.DOTALL)
    assert numbers is not None and json.loads(numbers[1]) == json.loads(digits.to_json())
    for finding in digits.findings:
        assert finding.text.split("“")[0][:30] in page


def test_names_of_classes_are_text_and_never_markup() -> None:
    clean = small()
    evil = replace(clean, name="<script>alert(1)</script>", class_names=("</script><img src=x>", "b"))
    page = html(audit(evil), evil, "today")
    assert "<script>alert" not in page and "<img src=x>" not in page and page.count("</script>") == 1


def test_the_command_writes_page_and_numbers_and_ends_with_0_where_nothing_leaks(tmp_path: Path) -> None:
    file = tmp_path / "mine.zip"
    file.write_bytes(zipped(class_folders(size=(30, 40))))
    assert main([str(file), "-o", str(tmp_path / "r.html")]) == 0
    assert "Audit of mine.zip" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["leaks"] is False


def test_the_command_ends_with_1_where_a_twin_crosses_parts_and_with_2_where_nothing_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = small()
    parts = split(clean.labels)
    arrays = {f"{p}_images": clean.images[i] for p, i in zip(("train", "val", "test"), parts, strict=True)}
    arrays |= {f"{p}_labels": clean.labels[i] for p, i in zip(("train", "val", "test"), parts, strict=True)}
    arrays["test_images"][0] = arrays["train_images"][0]
    (tmp_path / "leak.npz").write_bytes(npz(**arrays))
    (tmp_path / "bad.npz").write_bytes(b"%PDF-1.4")
    report = ["-o", str(tmp_path / "r.html")]
    assert main([str(tmp_path / "leak.npz"), *report]) == 1
    assert main([str(tmp_path / "bad.npz"), *report]) == 2
    assert main(["no such set", *report]) == 2
    assert "PDF" in capsys.readouterr().err


def test_no_patients_name_is_in_a_report() -> None:
    images = read_any(zipped(class_folders(lambda a: dicom(a, f"P-{a[0, 0, 0]}"), "dcm"))).apply()
    page = html(audit(images), images, "today")
    assert "Mustermann" not in page and "P-" not in re.sub(r"base64,[^\"]*", "", page).replace("UTF-8", "")

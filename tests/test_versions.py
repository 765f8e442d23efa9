"""From audit to action: what was called is called no longer in the version made of it, and the version says why."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_audit import small
from test_data import official_folder

from dlcore.audit import Audit, audit
from dlcore.audit.actions import Action, actions
from dlcore.audit.beside import beside
from dlcore.audit.report import html
from dlcore.data import BadInput, ImageSet, Split, load, versions
from dlcore.data.families import families
from dlcore.data.uploads import digest, keep_set


def offers(found: Audit, imageset: ImageSet) -> dict[str, Action]:
    return {action.key: action for action in actions(found, imageset, imageset.split_for())}


def kept(version: ImageSet, root: Path) -> ImageSet:
    return load(keep_set(version, root), root)


def test_breastmnist_split_again_by_families_has_none_of_its_39_leaking_test_images(tmp_path: Path) -> None:
    official = load("breastmnist", official_folder())
    before = audit(official)
    assert before.found("near_across").measured == 39
    again = kept(offers(before, official)["deal"].make(), tmp_path)
    after = audit(again)
    assert after.found("near_across").measured == 0 and after.found("exact_across").measured == 0
    assert not after.leaks and after.sizes == pytest.approx(before.sizes, abs=8)
    assert again.made_from[0][0] == "breastmnist" and again.licence == official.licence
    assert "test images with a near twin in training" in {row[0] for row in beside(before, after)}


def test_a_version_keeps_its_parts_groups_classes_and_what_it_was_made_from_under_a_name_of_its_own(
    tmp_path: Path,
) -> None:
    clean = square(small())
    clean = replace(
        clean, groups=np.arange(len(clean)) // 2, class_names=("ill", "well"), positive=0, licence="mine"
    )
    parts = clean.split_for()
    first = versions.masked(clean, parts, corner(), "corner")
    again = versions.masked(first, parts, corner(), "corner")
    version = kept(first, tmp_path)
    order = np.concatenate(list(parts))
    assert version.groups is not None and version.groups.tolist() == (order // 2).tolist()
    assert (version.class_names, version.positive, version.licence) == (("ill", "well"), 0, "mine")
    assert [len(part) for part in version.split_for()] == [len(part) for part in parts]
    assert (version.images == first.images[order]).all() and version.made_from == first.made_from
    assert "corner masked" in version.source and digest(first) != digest(clean)
    assert digest(again) != digest(first) and len(again.made_from) == 2
    assert keep_set(first, tmp_path) == version.name


def square(imageset: ImageSet) -> ImageSet:
    """The set at 28 pixels, as it can be kept."""
    return replace(
        imageset, images=np.pad(imageset.images, ((0, 0), (4, 4), (4, 4)), mode="reflect"), masks=None
    )


def corner() -> np.ndarray:
    region = np.zeros((28, 28), bool)
    region[:5, :5] = True
    return region


def test_split_again_no_family_lies_in_two_parts_and_the_parts_keep_their_sizes() -> None:
    clean = square(small(120))
    images = clean.images.copy()
    train, _, test = clean.split_for()
    images[test[:6]] = images[train[:6]]
    leaking = replace(clean, images=images, groups=np.arange(120) // 3)
    found = audit(leaking)
    version = offers(found, leaking)["deal"].make()
    family = families(version)
    inside = [set(family[part].tolist()) for part in version.split_for()]
    assert not (inside[0] & inside[1] or inside[0] & inside[2] or inside[1] & inside[2])
    assert [len(p) for p in version.split_for()] == pytest.approx(
        [len(p) for p in leaking.split_for()], abs=6
    )
    assert not audit(version).leaks


def test_broken_pictures_are_left_out_and_all_others_stay_in_their_parts(tmp_path: Path) -> None:
    clean = square(small())
    parts = clean.split_for()
    images = clean.images.copy()
    images[[parts.train[0], parts.test[1]]] = 7
    broken = replace(clean, images=images)
    action = offers(audit(broken), broken)["drop"]
    assert action.label == "Leave out 2 pictures of one shade"
    version = kept(action.make(), tmp_path)
    sizes = [len(part) for part in parts]
    assert [len(part) for part in version.split_for()] == [sizes[0] - 1, sizes[1], sizes[2] - 1]
    assert (version.images[version.split_for().test[0]] == images[parts.test[0]]).all()
    assert not audit(version).found("constant").is_alarm
    with pytest.raises(BadInput, match="would be empty"):
        versions.without(clean, Split([0, 1], [2], [3]), np.array([3]), "broken")


def test_a_clean_set_asks_for_no_action_and_what_cannot_be_kept_is_said() -> None:
    clean = square(small())
    assert offers(audit(clean), clean) == {} and versions.refusal(clean) == ""
    assert "these have 8 × 8" in versions.refusal(load("digits"))


def test_the_report_of_a_version_shows_both_audits_and_its_numbers_say_what_was_done() -> None:
    clean = square(small())
    images = clean.images.copy()
    images[3] = 9
    broken = replace(clean, images=images)
    before = audit(broken)
    version = offers(before, broken)["drop"].make()
    after = audit(version)
    page = html(after, version, "today", before=before)
    assert "<h2>Before and now</h2>" in page and "<td>1 (to act on)</td><td>0</td>" in page
    assert "without 1 image: of one single shade" in page
    assert json.loads(after.to_json())["made_from"][0][1] == "without 1 image: of one single shade"
    assert "Beside the set" not in html(before, broken, "today")

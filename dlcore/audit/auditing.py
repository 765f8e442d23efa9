"""The audit: every question that decides whether a result on this image set can be trusted, asked at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.audit import baselines, network, pictures, probes, trained, twins
from dlcore.audit.findings import SECTIONS, Audit, Finding
from dlcore.data import ImageSet, Split
from dlcore.data.recipe_images import parts as recipe_parts
from dlcore.data.uploads import digest
from dlcore.runs import CODE_VERSION, Run

PACKAGES = ("numpy", "opencv-python-headless", "pillow")
MOST = 5_000  # validation and test images each that are compared with training, where the set is large
LARGE = 2e11  # multiplications of a whole comparison, about 20 s


def audit(
    imageset: ImageSet,
    run: Run | None = None,
    *,
    split: Split | None = None,
    files: Mapping[str, NDArray] | None = None,
    looks: Sequence[Mapping[str, Any]] = (),
    on_progress: Callable[[float], None] = lambda _: None,
) -> Audit:
    """What there is to say about an image set, and about a network trained on it.

    No network is scored on the test part. Its images are compared with training (twins), its labels are counted, and
    probes are asked there whether what they use holds.

    >>> noise = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    >>> noise[50] = noise[2]  # one test image is a training image
    >>> parts = range(40), range(40, 50), range(50, 60)
    >>> mine = dlcore.ImageSet.from_arrays(noise, [0, 1] * 30, split=parts)
    >>> [finding.key for finding in audit(mine).findings if finding.is_alarm]
    ['exact_across', 'near_across']

    Args:
        run: of a network on this set; its stored validation predictions are read, and it is asked anew about some
            validation images.
        split: the parts; None: the set's own, else the lab's deal.
        files: what is known of the files behind the images, (n,) each.
        looks: the counted looks at the sealed test part, as the ledger has them.
        on_progress: told the share done, 0 to 1.
    """
    parts = split or imageset.split_for()
    less = _fewer(imageset, parts)
    half = 1.0 if run is None else 0.7

    def tell(share: float) -> None:
        on_progress(half * share)

    found = twins.compared(imageset, less)
    tell(0.3)
    findings = [*twins.across(imageset, less, found), *twins.within(imageset)]
    tell(0.45)
    findings += [*pictures.classes(imageset, parts), *pictures.pictures(imageset)]
    tell(0.5)
    findings += probes.probing(imageset, parts, files)
    tell(0.85)
    basic = baselines.baselines(imageset, less, found)
    findings += [*basic, baselines.size(parts, max(finding.measured for finding in basic))]
    tell(1.0)
    of_the_set = Audit(
        name=imageset.name,
        images=imageset.images.shape,
        sizes=tuple(len(part) for part in parts),  # type: ignore[arg-type]
        split=_whose(imageset, parts) + _said(parts, less),
        sha256=digest(imageset),
        versions={"code": str(CODE_VERSION)} | {name: version(name) for name in PACKAGES},
        findings=tuple(in_order(findings)),
        made_from=imageset.made_from,
    )
    if run is None:
        return of_the_set
    answers = of_network(imageset, run, of_the_set, lambda share: on_progress(half + (1 - half) * share))
    return with_network(of_the_set, imageset, run, answers, looks)


def of_network(
    imageset: ImageSet, run: Run, found: Audit, on_progress: Callable[[float], None] = lambda _: None
) -> list[Finding]:
    """What is found about a run on this set; no look at the test part is taken.

    Args:
        found: the audit of the set.

    Raises:
        ValueError: the run is of another set.
    """
    known = trained.trained(imageset, run)
    return [*known, *network.asked(imageset, run, probes.called(found.findings), on_progress)]


def with_network(
    found: Audit,
    imageset: ImageSet,
    run: Run,
    answers: Sequence[Finding],
    looks: Sequence[Mapping[str, Any]] = (),
    before: int = 0,
) -> Audit:
    """The audit of the set, what was found about a run, and the counted looks at its test part, as one.

    Args:
        looks: at the test part of this set, as the ledger has them.
        before: how many there were at those of the sets that it was made from.
    """
    sealed = trained.sealed(run, looks, len(recipe_parts(run.recipe, imageset).test), before)
    everything = in_order([*found.findings, *answers, *sealed])
    return replace(found, findings=tuple(everything), recipe=run.key)


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """By section, alarms first."""
    return sorted(findings, key=lambda f: (SECTIONS.index(f.section), not f.is_alarm))


def _fewer(imageset: ImageSet, parts: Split) -> Split:
    """The same parts, of a very large set only some images of validation and test: they are compared with all."""
    pixels = float(np.prod(imageset.images.shape[1:]))
    if len(parts.train) * (len(parts.validation) + len(parts.test)) * pixels < LARGE:
        return parts
    rng = np.random.default_rng(0)
    some = (np.sort(rng.permutation(part)[:MOST]) for part in (parts.validation, parts.test))
    return Split(parts.train, *some)


def _whose(imageset: ImageSet, parts: Split) -> str:
    own = imageset.split_for()
    if all(np.array_equal(a, b) for a, b in zip(own, parts, strict=True)):
        return imageset.split_sentence
    return "Split again for this audit: not the parts that the set comes with."


def _said(parts: Split, less: Split) -> str:
    if less is parts:
        return ""
    numbers = f"{len(less.validation):,} validation and {len(less.test):,} test images"
    return f" Twins of {numbers}, drawn at random, were looked for."

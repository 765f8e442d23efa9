"""From audit to action: what can be done about what an audit has called, each as a new version of the set."""

from collections.abc import Callable
from dataclasses import dataclass

from dlcore.audit.findings import LEAKS, Audit
from dlcore.audit.pictures import constant
from dlcore.audit.probes import called
from dlcore.audit.regions import regions
from dlcore.data import ImageSet, Split, versions
from dlcore.number_text import count


@dataclass(frozen=True)
class Action:
    """One thing that can be done.

    Attributes:
        key: the same for the same action of every audit.
        label: what it does, as on a button.
        why: what it is good for, and what it costs.
        make: the new version; raises dlcore.data.BadInput where there can be none.
    """

    key: str
    label: str
    why: str
    make: Callable[[], ImageSet]


def actions(found: Audit, imageset: ImageSet, parts: Split) -> list[Action]:
    """What to do about the findings of a set that are called.

    Args:
        parts: that were audited; a version keeps them, unless it is dealt anew.
    """
    offered, alarms = [], {f.key for f in found.findings if f.is_alarm}
    if alarms & set(LEAKS):
        offered.append(
            Action(
                "deal",
                "Split again, twins and groups on one side",
                "No image has a near-duplicate, or its patient, on the other side. Scores of earlier runs do not "
                "compare with those on the new parts.",
                lambda: versions.dealt_by_families(imageset, parts),
            )
        )
    places = regions(*imageset.images.shape[1:3])
    for name in called(found.findings):  # the clearest first
        if (region := places.get(name)) is not None:
            offered.append(
                Action(
                    f"mask {name}",
                    f"Mask the {name}",
                    "The region shows one color in every image, those of the test part included. What of the object "
                    "lies there is lost as well.",
                    lambda region=region, name=name: versions.masked(imageset, parts, region, name),  # type: ignore[misc]
                )
            )
    if "constant" in alarms:
        which = constant(imageset.images)
        offered.append(
            Action(
                "drop",
                f"Leave out {count(len(which), 'picture')} of one shade",
                "All others stay in their parts.",
                lambda: versions.without(imageset, parts, which, "of one single shade"),
            )
        )
    return offered

"""The import of pictures in folders, or beside a table: which repairs they need, and the set they make."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput
from dlcore.data.imagesets import ImageSet
from dlcore.data.importing import levels as shades
from dlcore.data.importing.archives import Member
from dlcore.data.importing.collecting import Collected, Small, check_room, collected, named, size_range
from dlcore.data.importing.dealing import parts_repairs, split_of
from dlcore.data.importing.labelled import TABLES, Place, by_folders, by_table, table
from dlcore.data.importing.pictures import BURNED_IN
from dlcore.data.importing.repairs import Import, Repair
from dlcore.number_text import count

FEWEST = 3  # pictures of a class: one for each part
MAX_CLASSES = 100
IGNORED, BROKEN, UNLABELED, MISSING = "ignored", "broken", "unlabeled", "missing_files"
TABLE, LABELS, SIZES, PAD, MIXED, RARE = "table", "labels", "sizes", "pad", "mixed", "rare"
NOT_PICTURES = (
    ".txt",
    ".md",
    ".json",
    ".xml",
    ".html",
    ".pdf",
    ".doc",
    ".docx",
    ".xlsx",
    ".xls",
    ".csv",
    ".tsv",
    ".py",
)


def of_pictures(
    members: Sequence[Member],
    junk: int,
    side: int,
    salt: bytes,
    most_pixels: int,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Import:
    """The import of these files: pictures in class folders, or pictures and a table of their labels.

    Args:
        junk: entries that are nobody's and have been passed over already.
        most_pixels: bytes of pixels that the set may have.

    Raises:
        BadInput: no labels, or no picture that can be read.
    """
    others = [m for m in members if m.path.lower().endswith(NOT_PICTURES)]
    pictures = [m for m in members if m not in others]
    if not pictures:
        raise BadInput("There is no picture in it.")
    places, repairs, used = _placed([m.path for m in pictures], others)
    surplus = [m.path for m in others if m.path != used]
    if surplus or junk:
        what = named(surplus) or ".DS_Store, __MACOSX and the like"
        repairs.insert(0, Repair(IGNORED, "Other files", f"{len(surplus) + junk:,} ({what})", "ignored"))
    if no_label := [m.path for m in pictures if m.path not in places]:
        repairs.append(
            Repair(
                UNLABELED, "Pictures without a label", f"{len(no_label):,} ({named(no_label)})", "left out"
            )
        )
    check_room(len(places), side, 1, most_pixels)  # whatever their colors are: before anything is decoded
    found = collected([m for m in pictures if m.path in places], side, salt, on_progress)
    return _judged(found, places, repairs, side, most_pixels)


def _placed(paths: list[str], others: list[Member]) -> tuple[dict[str, Place], list[Repair], str]:
    """Where every picture belongs, what had to be done for that, and the path of the table that said it."""
    refusals = []
    for member in others:
        if not member.path.lower().endswith(TABLES):
            continue
        try:
            read = table(member.read())
        except BadInput as refusal:
            refusals.append(str(refusal))
            continue
        places, missing = by_table(paths, read.places)
        if not places:
            refusals.append("The table names none of the pictures.")
            continue
        repairs = [Repair(TABLE, "The table", read.form, "read as it is meant")] if read.form else []
        if missing:
            repairs.append(Repair(MISSING, "Rows of the table without a picture", f"{missing:,}", "left out"))
        return places, repairs, member.path
    try:
        return by_folders(paths), [], ""
    except BadInput as refusal:
        raise BadInput(" ".join([str(refusal), *refusals])) from None


def _judged(
    found: Collected, places: Mapping[str, Place], repairs: list[Repair], side: int, most_pixels: int
) -> Import:
    if not found.good:
        raise BadInput(f"No picture can be read. {named(found.broken)}")
    if found.broken:
        total = len(found.good) + len(found.broken)
        before = f"{len(found.broken):,} of {total:,} ({named(found.broken)})"
        repairs.append(Repair(BROKEN, "Files that cannot be read", before, "left out"))
    good = found.good
    check_room(len(good), side, 1 if all(s.is_gray for s in good) else 3, most_pixels)
    place = [places[s.path] for s in good]
    names = class_order([p.label for p in place])
    few = {name for name, n in Counter(p.label for p in place).items() if n < FEWEST}
    _check_classes([name for name in names if name not in few])
    repairs += _class_repairs(names, few)
    repairs += trait_repairs([trait for s in good for trait in s.picture.traits if trait != BURNED_IN])
    repairs += _size_repairs(good, side)
    if 0 < (colored := sum(not s.is_gray for s in good)) < len(good):
        before = f"{len(good) - colored:,} gray, {colored:,} in color"
        repairs.append(Repair(MIXED, "Gray and color", before, "all in color (RGB)", "all in gray"))
    deep = [s for s in good if s.is_deep]
    stretch, full = None, deep[0].picture.full if deep else None
    if deep:
        all_levels = np.stack([s.cropped for s in deep])
        stretch = shades.stretch_of(all_levels)
        kind = "uint16" if full == (0.0, 65535.0) else "levels"
        repairs += shades.stretch_repairs(kind, all_levels, stretch, full)
    groups = [p.group or s.picture.group for p, s in zip(place, good, strict=True)]
    repairs += parts_repairs([p.part for p in place])

    def make(accepted: frozenset[str]) -> ImageSet:
        keep = np.flatnonzero([not (RARE in accepted and p.label in few) for p in place])
        kept = [place[i] for i in keep]
        order = [name for name in names if not (RARE in accepted and name in few)]
        labels = np.array([order.index(p.label) for p in kept])
        group = group_codes([groups[i] for i in keep])
        split, chosen = split_of([p.part for p in kept], labels, group, accepted)
        return ImageSet(
            name="upload",
            images=_pixels([good[i] for i in keep[chosen]], stretch, full, accepted),
            labels=labels[chosen],
            class_names=tuple(order),
            official_split=split,
            licence="the uploader's own",
            source="uploaded pictures",
            groups=None if group is None else group[chosen],
        )

    facts = {
        "bytes": np.array([s.size for s in good]),
        "height": np.array([s.height for s in good]),
        "width": np.array([s.width for s in good]),
    }
    histogram = None if stretch is None else (stretch.edges, stretch.counts, stretch.black, stretch.white)
    return Import(tuple(repairs), make, _warnings(good), histogram, facts)


def class_order(labels: Sequence[str]) -> list[str]:
    """Class names in order: as numbers where all are, else as text."""
    names = sorted(set(labels))
    return sorted(names, key=int) if all(name.lstrip("-").isdecimal() for name in names) else names


def _check_classes(names: Sequence[str]) -> None:
    if len(names) < 2:
        raise BadInput("There is only one class with enough pictures; nothing to tell apart.")
    if len(names) > MAX_CLASSES:
        raise BadInput(f"There are {len(names)} classes; at most {MAX_CLASSES} are accepted.")


def _class_repairs(names: list[str], few: set[str]) -> list[Repair]:
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    repairs = [
        Repair(
            LABELS, "Classes", f"{len(names)} names ({shown})", f"numbers 0 to {len(names) - 1}, names kept"
        )
    ]
    if few:
        before = (
            f"{count(len(few), 'class', 'classes')} with fewer than {FEWEST} pictures ({named(sorted(few))})"
        )
        repairs.append(Repair(RARE, "Rare classes", before, "left out", "kept; no part may then lack them"))
    return repairs


def trait_repairs(traits: Sequence[str]) -> list[Repair]:
    """One line for each thing that was decided while pictures were read."""
    return [
        Repair(f"trait_{i}", "Pictures as they are read", count(n, "picture"), trait)
        for i, (trait, n) in enumerate(sorted(Counter(traits).items()))
    ]


def _size_repairs(good: Sequence[Small], side: int) -> list[Repair]:
    if all((s.height, s.width) == (side, side) for s in good):
        return []
    to = f"{side} × {side}"
    repairs = [Repair(SIZES, "Sizes", size_range(good), f"{to} pixels, the middle square of each, averaged")]
    if any(s.height != s.width for s in good):
        repairs.append(
            Repair(
                PAD,
                "The whole picture instead of its middle square",
                size_range(good),
                f"{to} pixels, short sides filled with the edge's color",
                "the middle square",
                by_default=False,
            )
        )
    return repairs


def _pixels(
    good: Sequence[Small],
    stretch: shades.Stretch | None,
    full: tuple[float, float] | None,
    accepted: frozenset[str],
) -> NDArray[np.uint8]:
    """(n, side, side) where all are gray, else (n, side, side, 3)."""
    chosen = [s.padded if PAD in accepted else s.cropped for s in good]
    deep = [i for i, s in enumerate(good) if s.is_deep]
    if deep and stretch is not None:
        for i, gray in zip(
            deep,
            shades.brought_to_shades(np.stack([chosen[i] for i in deep]), stretch, full, accepted),
            strict=True,
        ):
            chosen[i] = np.repeat(gray[..., None], 3, axis=2)
    images = np.stack(chosen)
    if all(s.is_gray for s in good):
        return np.ascontiguousarray(images[..., 0])
    if any(s.is_gray for s in good) and MIXED not in accepted:
        return np.stack([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images])
    return images


def group_codes(groups: Sequence[str]) -> NDArray[np.int64] | None:
    """Groups (patients, slides) numbered from 0, (n,); who has none is a group alone. None where nobody has one."""
    if not any(groups):
        return None
    return np.unique([g or f"\0{i}" for i, g in enumerate(groups)], return_inverse=True)[1].astype(np.int64)


def _warnings(good: Sequence[Small]) -> tuple[str, ...]:
    burned = sum(BURNED_IN in s.picture.traits for s in good)
    if not burned:
        return ()
    return (
        f"{count(burned, 'picture')} may show a patient's name in the pixels themselves: the file says so, or says "
        "nothing where scanners write names. Look before you use them; the lab cannot remove such names.",
    )

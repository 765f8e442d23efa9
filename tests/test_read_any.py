"""What people bring is read: every form is repaired in sight, or refused with the remedy."""

import io
import re
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_files import (
    PER_CLASS,
    SHADES,
    arrays,
    class_folders,
    dicom,
    npz,
    parts,
    picture,
    rows,
    saved,
    tabled,
    tiff,
    zipped,
)
from PIL import Image

from dlcore.data import BadInput, ImageSet, load, looked_at, read_any, remember_import, remember_upload
from dlcore.data.importing import labelled
from dlcore.data.importing.pictures import read_picture
from dlcore.data.uploads import forget_upload

Made = Callable[[], object]


def jpeg_turned(array: np.ndarray) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(array, "JPEG", quality=95, exif=exif)


def mixed_sizes() -> bytes:
    files = class_folders()
    files["dark/wide.png"] = saved(picture(60, 50, (30, 90)))
    return zipped(files)


def with_junk() -> bytes:
    junk = {"__MACOSX/dark/._00.png": b"x", "dark/.DS_Store": b"x", "Thumbs.db": b"x", "readme.txt": b"hello"}
    return zipped({**class_folders(), **junk})


def in_parts(**names: str) -> bytes:
    """Class folders below folders of parts; names: how each part is called."""
    files = {}
    for part, folder in names.items():
        for path, content in class_folders(size=(40, 40 + len(part))).items():
            files[f"{folder}/{path}"] = content
    return zipped(files)


def below(*names: str) -> bytes:
    """Parts below classes."""
    return zipped(
        {
            f"{path.split('/')[0]}/{n}/{path.split('/')[1]}": c
            for n in names
            for path, c in class_folders().items()
        }
    )


def palette(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).convert("P").save(out, "GIF")
    return out.getvalue()


def see_through(array: np.ndarray) -> bytes:
    return saved(np.dstack([array, np.full(array.shape[:2], 250, np.uint8)]))


def sixteen_bit(array: np.ndarray) -> bytes:
    return saved(array[..., 0].astype(np.uint16) * 257)


def twelve_in_sixteen(array: np.ndarray) -> bytes:
    return tiff("uint16", 16)(array)


def stack(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    pages = [Image.fromarray(array), Image.fromarray(255 - array)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def one_hot(y: np.ndarray) -> np.ndarray:
    return np.eye(2, dtype=np.uint8)[y]


def text(y: np.ndarray) -> np.ndarray:
    return np.array(["dark", "bright"])[y]


def first(x: np.ndarray) -> np.ndarray:
    return np.moveaxis(x, 3, 1)


# Form -> the file, the keys of the repairs that must be among those offered, and the class names.
DARK = ("bright", "dark")
ZERO_ONE = ("0", "1")
CLASSES = ("class 0", "class 1")
GOOD: dict[str, tuple[Made, set[str], tuple[str, ...]]] = {
    "PNG in class folders": (lambda: zipped(class_folders()), {"labels", "sizes"}, DARK),
    "PNG of 28 × 28": (lambda: zipped(class_folders(size=(28, 28))), {"labels"}, DARK),
    "JPEG": (lambda: zipped(class_folders(lambda a: saved(a, "JPEG"), "jpg")), {"sizes"}, DARK),
    "JPEG lying on its side": (lambda: zipped(class_folders(jpeg_turned, "jpg")), {"trait_0"}, DARK),
    "BMP": (lambda: zipped(class_folders(lambda a: saved(a, "BMP"), "bmp")), {"sizes"}, DARK),
    "GIF with a palette": (lambda: zipped(class_folders(palette, "gif")), {"sizes"}, DARK),
    "WebP": (lambda: zipped(class_folders(lambda a: saved(a, "WEBP"), "webp")), {"sizes"}, DARK),
    "PNG with transparency": (lambda: zipped(class_folders(see_through)), {"trait_0"}, DARK),
    "PNG of 16 bits": (lambda: zipped(class_folders(sixteen_bit)), {"stretch", "stretch_each"}, DARK),
    "TIFF of 8 bits": (lambda: zipped(class_folders(tiff("uint8"), "tif")), {"sizes"}, DARK),
    "TIFF of 16 bits": (lambda: zipped(class_folders(tiff("uint16", 257), "tif")), {"stretch"}, DARK),
    "TIFF of 12 bits in 16": (lambda: zipped(class_folders(twelve_in_sixteen, "tif")), {"stretch"}, DARK),
    "TIFF of 32 bits": (lambda: zipped(class_folders(tiff("uint32", 10_000), "tif")), {"stretch"}, DARK),
    "TIFF of halves": (lambda: zipped(class_folders(tiff("float16", 1 / 255), "tif")), {"stretch"}, DARK),
    "TIFF of floats": (
        lambda: zipped(class_folders(tiff("float32", 1.0001 / 255), "tif")),
        {"stretch"},
        DARK,
    ),
    "TIFF of doubles": (lambda: zipped(class_folders(tiff("float64"), "tif")), {"stretch"}, DARK),
    "TIFF stack": (lambda: zipped(class_folders(stack, "tif")), {"trait_0"}, DARK),
    "DICOM": (lambda: zipped(class_folders(dicom, "dcm")), {"stretch"}, DARK),
    "mixed sizes": (mixed_sizes, {"sizes", "pad"}, DARK),
    "__MACOSX, .DS_Store, a readme": (with_junk, {"ignored"}, DARK),
    "one nested folder": (lambda: zipped(class_folders(root="my data/")), {"labels"}, DARK),
    "train, val and test above": (lambda: in_parts(a="train", b="val", c="test"), {"labels"}, DARK),
    "Training and Testing only": (lambda: in_parts(a="Training", b="Testing"), {"validation"}, DARK),
    "train and val only": (lambda: in_parts(a="train", b="valid"), {"test"}, DARK),
    "parts below classes": (lambda: below("train", "val", "test"), {"labels"}, DARK),
    "one part only": (lambda: in_parts(a="train"), {"one_part"}, DARK),
    "table with commas": (lambda: tabled(rows()), {"labels"}, ZERO_ONE),
    "table with semicolons and a BOM": (lambda: tabled("\ufeff" + rows(";")), {"table"}, ZERO_ONE),
    "table with tabs in UTF-16": (lambda: tabled(rows("\t"), "utf-16"), {"table"}, ZERO_ONE),
    "table with decimal commas": (lambda: tabled(rows(";", label="{},0".format)), {"table"}, ZERO_ONE),
    "table with quotes": (lambda: tabled(rows(label='"{}"'.format)), {"labels"}, ZERO_ONE),
    "table without a head": (lambda: tabled(rows(head="")), {"table"}, ZERO_ONE),
    "table in Latin-1": (lambda: tabled(rows(label="{}é".format), "latin-1"), {"table"}, ("0é", "1é")),
    ".npz as MedMNIST's": (lambda: parts(), set(), CLASSES),
    ".npz, channels first": (lambda: parts(first, channels=3), {"channels_first"}, CLASSES),
    ".npz, (n, h, w, 1)": (lambda: parts(lambda x: x[..., None]), {"one_channel"}, CLASSES),
    ".npz, floats 0 to 1": (lambda: parts(lambda x: x / 255), {"stretch"}, CLASSES),
    ".npz, 12 bits in 16": (lambda: parts(lambda x: x.astype(np.uint16) * 16), {"stretch"}, CLASSES),
    ".npz, labels as text": (lambda: parts(labels=text), {"labels"}, DARK),
    ".npz, labels from 1": (lambda: parts(labels=lambda y: y + 1), {"labels"}, ("class 1", "class 2")),
    ".npz, labels with a gap": (lambda: parts(labels=lambda y: 3 * y), {"labels"}, ("class 0", "class 3")),
    ".npz, labels one-hot": (lambda: parts(labels=one_hot), {"one_hot"}, CLASSES),
    ".npz, labels (n, 1)": (lambda: parts(labels=lambda y: y[:, None]), {"column"}, CLASSES),
    ".npz, labels as floats": (lambda: parts(labels=lambda y: y * 1.0), {"whole_floats"}, CLASSES),
    ".npz without validation": (lambda: parts(names=("train", "test")), {"validation"}, CLASSES),
    ".npz of 64 × 64": (lambda: parts(side=64), {"sizes"}, CLASSES),
    ".npz, x_train, y_train": (
        lambda: npz(x_train=arrays()[0], y_train=arrays()[1], x_test=arrays()[0], y_test=arrays()[1]),
        {"array_names", "validation"},
        CLASSES,
    ),
    ".npz, images, labels, class_names": (
        lambda: npz(images=arrays()[0], labels=arrays()[1], class_names=np.array(["no", "yes"])),
        set(),
        ("no", "yes"),
    ),
    ".npz, rows of pixels": (lambda: parts(lambda x: x.reshape(len(x), -1)), {"flat"}, CLASSES),
    "several files and a table": (
        lambda: {
            **{
                f"p{i:02d}.png": saved(picture(60 if i < PER_CLASS else 190, i)) for i in range(2 * PER_CLASS)
            },
            "labels.csv": rows().encode(),
        },
        {"labels"},
        ZERO_ONE,
    ),
}


@pytest.mark.parametrize("form", GOOD)
def test_every_form_that_people_have_is_read_and_bright_stays_bright(form: str) -> None:
    make, keys, names = GOOD[form]
    found = read_any(make())  # type: ignore[arg-type]
    assert keys <= {repair.key for repair in found.repairs}, [repair.line for repair in found.repairs]
    images = found.apply()
    assert images.class_names == names
    assert images.images.dtype == np.uint8 and images.images.shape[1:3] == (28, 28) and len(images) >= 12
    mean = images.images.reshape(len(images), -1).mean(axis=1)
    is_bright = images.labels == (0 if names == DARK else 1)
    assert mean[is_bright].min() > mean[~is_bright].max() + 60
    if images.official_split is not None:
        assert sorted(np.concatenate(list(images.official_split))) == list(range(len(images)))


def link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("dark/00.png")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped(class_folders()))
    at = content.find(b"PK\x01\x02")
    struct.pack_into("<H", content, at + 8, 1)
    return bytes(content)


def crowd() -> bytes:
    """100,000 entries, told by the archive's end as an archiver would."""
    content = bytearray(zipped(class_folders()))
    struct.pack_into("<HH", content, content.rfind(b"PK\x05\x06") + 8, 0xFFFF, 0xFFFF)
    return bytes(content)


def named_like(ending: str, content: bytes = b"some bytes of its own") -> Made:
    return lambda: zipped({f"{c}/{i}.{ending}": content for c in SHADES for i in range(4)})


BAD: dict[str, tuple[Made, str]] = {
    "zip bomb": (lambda: zipped({"a/1.bmp": b"\0" * 120_000_000}), "times the packed size"),
    "symbolic link": (link, "symbolic link"),
    "../": (lambda: zipped({"../dark/1.png": b"x"}), "leads out"),
    "C:\\": (lambda: zipped({"C:\\dark\\1.png": b"x"}), "leads out"),
    "encrypted": (encrypted, "without a password"),
    "archive in an archive": (lambda: zipped({"a/inner.zip": b"PK"}), "another archive"),
    "100,000 entries": (crowd, "at most 20,000"),
    "cut off": (lambda: zipped(class_folders())[:-400], "cut off"),
    "HEIC": (named_like("heic"), "HEIC.*save it as JPEG"),
    "HEIC named .jpg": (named_like("jpg", b"\0\0\0\x18ftypheic" + b"\0" * 64), "HEIC"),
    "CZI": (named_like("czi", b"ZISRAWFILE" + b"\0" * 64), "CZI.*TIFF"),
    "SVS": (named_like("svs", b"II*\0" + b"\0" * 64), "whole slide.*QuPath"),
    "NIfTI": (named_like("nii.gz", b"\x1f\x8b"), "NIfTI.*slices"),
    "no folder, no table": (lambda: zipped({"1.png": saved(picture(60))}), "folder of its own"),
    "one class": (lambda: zipped({f"a/{i}.png": saved(picture(60, i)) for i in range(5)}), "only one class"),
    "one picture": (lambda: saved(picture(60)), "One picture"),
    "a single array": (lambda: b"\x93NUMPY" + b"\0" * 100, "numpy.savez"),
    "a PDF": (lambda: b"%PDF-1.4 and so on", "PDF document, no data set"),
    "an empty file": (lambda: b"", "zero bytes"),
    "floats with NaN": (lambda: parts(lambda x: np.where(x > 200, np.nan, x / 255)), "NaN"),
    "objects": (lambda: npz(images=np.array([None, 1], dtype=object), labels=np.arange(2)), "not unpickled"),
    "volumes": (lambda: npz(images=np.zeros((9, 8, 8, 8), np.uint8), labels=np.arange(9) % 2), "no volumes"),
    "several labels an image": (lambda: parts(labels=lambda y: np.ones((len(y), 3), int)), "exactly one"),
    "labels too few": (lambda: npz(images=arrays()[0], labels=arrays()[1][:5]), "5 labels"),
    "table of other files": (lambda: tabled("file,label\nx.png,1\ny.png,2"), "names none of the pictures"),
    "compressed DICOM": (
        lambda: zipped(class_folders(lambda a: dicom(a, syntax="1.2.840.10008.1.2.4.90"), "dcm")),
        "save it uncompressed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", BAD)
def test_what_cannot_be_used_is_refused_with_a_sentence_and_a_remedy(form: str) -> None:
    content = BAD[form][0]()
    with pytest.raises(BadInput) as refusal:
        read_any(content).apply()  # type: ignore[arg-type]
    assert re.search(BAD[form][1], str(refusal.value)), str(refusal.value)


@pytest.mark.parametrize("form", ["zip bomb", "100,000 entries", "archive in an archive", "encrypted"])
def test_a_trick_is_refused_before_anything_is_unpacked(form: str) -> None:
    content = BAD[form][0]()
    tracemalloc.start()
    with pytest.raises(BadInput):
        read_any(content)  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_one_broken_file_among_many_is_named_left_out_and_counted() -> None:
    files = class_folders()
    files["dark/03.png"] = files["dark/03.png"][:60]
    found = read_any(zipped(files))
    line = next(r.line for r in found.repairs if r.key == "broken")
    assert "1 of 12 (dark/03.png:" in line and "left out" in line
    assert len(found.apply()) == 11
    with pytest.raises(BadInput, match="Without this repair"):
        found.apply(found.default - {"broken"})


def test_one_stretch_for_all_keeps_brightness_comparable_and_one_each_does_not() -> None:
    found = read_any(zipped(class_folders(twelve_in_sixteen, "tif")))
    both = [found.apply(found.default), found.apply(found.default | {"stretch_each"})]
    apart = [abs(np.subtract(*[s.images[s.labels == c].mean() for c in (0, 1)])) for s in both]
    assert apart[0] > 100 and apart[1] < 20
    assert "brightness can then no longer be compared" in next(
        r.after for r in found.repairs if r.key == "stretch_each"
    )
    assert found.levels is not None and found.levels[1].sum() == 12 * 28 * 28


def test_a_refused_stretch_takes_the_files_own_range() -> None:
    found = read_any(zipped(class_folders(sixteen_bit, size=(28, 28))))
    plain = found.apply(found.default - {"stretch"})
    bright = plain.images[plain.labels == 0]
    np.testing.assert_allclose(bright.mean(), np.mean([picture(190, i, (28, 28)) for i in range(6)]), atol=1)


def test_floats_up_to_a_little_above_one_do_not_come_out_black() -> None:
    images = read_any(zipped(class_folders(tiff("float32", 1.0001 / 190), "tif"))).apply()
    assert images.images.mean() > 80


def test_names_that_are_not_ascii_are_kept_whichever_way_the_archive_wrote_them() -> None:
    files = {
        f"{'Größe' if c == 'dark' else '癌'}/{p}": f
        for path, f in class_folders().items()
        for c, p in [path.split("/")]
    }
    plain = zipped(files)
    unsaid = bytearray(plain)  # as macOS packs: UTF-8 without saying so
    for sign, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = -1
        while (place := unsaid.find(sign, place + 1)) >= 0:
            flags = struct.unpack_from("<H", unsaid, place + at)[0]
            struct.pack_into("<H", unsaid, place + at, flags & ~0x800)
    assert (
        read_any(plain).apply().class_names == read_any(bytes(unsaid)).apply().class_names == ("Größe", "癌")
    )


def test_a_group_column_keeps_a_patient_in_one_part() -> None:
    lines = ["file,label,patient"] + [f"p{i:02d}.png,{int(i >= 6)},pat{i // 2}" for i in range(12)]
    images = read_any(tabled("\n".join(lines))).apply()
    assert images.groups is not None and len(set(images.groups)) == 6
    split = images.split_for((0.34, 0.33, 0.33))
    whose = [set(images.groups[part]) for part in split]
    assert not (whose[0] & whose[1] or whose[0] & whose[2] or whose[1] & whose[2])


def test_a_dealt_validation_part_keeps_groups_together_too() -> None:
    x, y = arrays(48)
    groups = np.arange(48) // 4
    found = read_any(npz(train_images=x, train_labels=y, train_groups=groups, test_images=x, test_labels=y))
    images = found.apply()
    split = images.official_split
    assert split is not None and images.groups is not None and len(split.validation) > 0
    assert not set(images.groups[split.train]) & set(images.groups[split.validation])


def test_a_table_may_name_parts_and_files_without_their_ending() -> None:
    of = ["train"] * 3 + ["val"] + ["test"] * 2
    lines = ["image_id;dx;split"] + [f"p{i:02d};{'nv' if i < 6 else 'mel'};{of[i % 6]}" for i in range(12)]
    images = read_any(tabled("\n".join(lines))).apply()
    assert images.class_names == ("mel", "nv")
    assert [len(part) for part in images.official_split or ()] == [6, 2, 4]


def test_one_row_of_a_table_that_contradicts_another_is_refused() -> None:
    with pytest.raises(BadInput, match="two different labels"):
        labelled.table(b"file,label\na.png,1\na.png,2\n")


def test_patients_ids_become_a_salted_hash_and_nothing_else_leaves_a_dicom_file() -> None:
    content = dicom(picture(60), "P-0815")
    one, same = (read_picture(content, salt=b"a") for _ in range(2))
    other = read_picture(content, salt=b"b")
    assert one.group == same.group != other.group and len(one.group) == 16
    assert one.spacing == 0.5
    kept = repr(one) + one.levels.tobytes().decode("latin-1")
    assert "0815" not in kept and "Mustermann" not in kept
    files = {p: dicom(picture(60, i), f"P-{i // 2}") for i, p in enumerate(class_folders())}
    images = read_any(zipped(files)).apply()
    assert images.groups is not None and len(set(images.groups)) == 6
    assert "P-" not in repr(images)


def test_dicom_is_rescaled_and_inverted_where_white_is_zero() -> None:
    plain, inverted = (
        read_picture(dicom(picture(60), PhotometricInterpretation=p)).levels
        for p in ("MONOCHROME2", "MONOCHROME1")
    )
    np.testing.assert_array_equal(plain, picture(60)[..., 0] * np.float32(16) - 1024)
    np.testing.assert_array_equal(inverted, (0 - 1024) + (4095 - 1024) - plain)


@pytest.mark.parametrize(
    ("tags", "warned"),
    [
        ({"BurnedInAnnotation": "YES"}, True),
        ({"Modality": "US"}, True),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, False),
        ({}, False),
    ],
)
def test_names_that_may_be_burned_into_pixels_are_warned_of(tags: dict[str, str], warned: bool) -> None:
    found = read_any(zipped(class_folders(lambda a: dicom(a, **tags), "dcm")))
    assert bool(found.warnings) is warned


def test_what_is_kept_of_pictures_has_no_name_of_a_file(tmp_path: Path) -> None:
    files = {
        f"{'dark' if i % 2 else 'bright'}/Erika_{i}.dcm": dicom(picture(60, i), f"P-{i}") for i in range(12)
    }
    name = remember_import(zipped(files), read_any(zipped(files)).default, tmp_path)
    stored = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for private in (b"Erika", b"P-3", b"Mustermann"):
        assert private not in stored
    kept = load(name, tmp_path)
    assert kept.groups is not None and len(set(kept.groups)) == 12
    assert kept.class_names == ("bright", "dark") and kept.official_split is None


def test_a_kept_set_is_the_set_that_was_accepted_and_forgotten_without_a_trace(tmp_path: Path) -> None:
    content = in_parts(a="train", b="val", c="test")
    found = read_any(content)
    name, accepted = remember_import(content, found.default, tmp_path), found.apply()
    kept = load(name, tmp_path)
    assert kept.official_split is not None and accepted.official_split is not None
    for ours, theirs in zip(kept.official_split, accepted.official_split, strict=True):
        np.testing.assert_array_equal(kept.images[ours], accepted.images[theirs])
        np.testing.assert_array_equal(kept.labels[ours], accepted.labels[theirs])
    forget_upload(name, tmp_path)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_medmnists_own_form_gets_the_same_name_by_both_doors(tmp_path: Path) -> None:
    content = parts()
    assert remember_import(content, (), tmp_path) == remember_upload(content, tmp_path)


def test_a_preview_is_made_in_the_bounded_process_with_progress() -> None:
    told: list[float] = []
    content = zipped(class_folders(twelve_in_sixteen, "tif", size=(40, 60)))
    seen = looked_at(content, on_progress=told.append)
    assert seen.repairs == read_any(content).repairs and seen.images == 12
    assert seen.samples.shape == seen.whole.shape == (3, 28, 28) and seen.levels is not None
    assert told
    with pytest.raises(BadInput, match="no data set"):
        looked_at(b"%PDF-1.4 and so on")


def test_exif_of_a_phone_leaves_no_trace() -> None:
    exif = Image.Exif()
    exif[0x0110] = "SecretCamera 3000"
    files = class_folders(lambda a: saved(a, "JPEG", exif=exif), "jpg")
    images = read_any(zipped(files)).apply()
    assert b"SecretCamera" in files["dark/00.jpg"]
    assert "SecretCamera" not in repr(images) + images.images.tobytes().decode("latin-1")


def test_cropping_keeps_the_middle_and_padding_keeps_the_whole_picture() -> None:
    wide = np.zeros((40, 120), np.uint8)
    wide[:, 40:80] = 200
    files = class_folders()
    files["dark/wide.png"] = saved(wide)
    found = read_any(zipped(files))
    cropped, padded = found.apply(), found.apply(found.default | {"pad"})
    at = [int(np.argmax(s.images.max(axis=(1, 2)) == 200)) for s in (cropped, padded)]
    assert cropped.images[at[0]].min() == 200  # only the bright middle
    whole = padded.images[at[1]]
    assert (whole[:, :8] == 0).all() and whole[14, 14] == 200


def test_an_unknown_repair_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="no repair named magic"):
        read_any(zipped(class_folders())).apply({"magic"})


def test_a_thousand_pictures_are_read_once_each_and_progress_is_told() -> None:
    told: list[float] = []
    files = {f"{c}/{i}.png": saved(picture(s, i)) for c, s in SHADES.items() for i in range(200)}
    began = time.perf_counter()
    images: ImageSet = read_any(zipped(files), on_progress=told.append).apply()
    print(f"400 pictures: {time.perf_counter() - began:.2f} s")
    assert len(images) == 400 and told == sorted(told) and len(told) > 10

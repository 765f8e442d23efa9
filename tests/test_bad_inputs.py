"""Every bad file ends in a sentence, and every odd but good one comes out right."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlcore.data import (
    BadInput,
    Unavailable,
    load,
    read_image,
    read_image_with_notes,
    read_npz,
    remember_upload,
)

RNG = np.random.default_rng(0)
PHOTO = np.kron(RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8))  # 48 x 64
RAMP = np.linspace(0, 65535, 64 * 48).reshape(48, 64)


def encoded(image: Image.Image | np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, kind, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, bits: int = 1, colour: int = 0, data: bytes = b"") -> bytes:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    body = b"".join(chunks) + png_chunk(b"IDAT", data or zlib.compress(b"\0"))
    return b"\x89PNG\r\n\x1a\n" + head + body + png_chunk(b"IEND", b"")


def deflated_zeros(head: bytes, megabytes: int) -> bytes:
    """Raw deflate of head and megabytes of zeros: after a full flush each megabyte packs alike."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = press.compress(head) + press.flush(zlib.Z_FULL_FLUSH)
    block = press.compress(bytes(1_000_000)) + press.flush(zlib.Z_FULL_FLUSH)
    return start + block * megabytes + press.flush()


def zeros_png(side: int, bits: int, colour: int) -> bytes:
    """A picture of zeros: small on disk, enormous in memory."""
    size = side * (side * bits * (3 if colour == 2 else 1) // 8 + 1)
    return png(
        side, side, bits=bits, colour=colour, data=b"\x78\xda" + deflated_zeros(b"", size // 10**6 + 1)
    )


def text_bomb() -> bytes:
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(9_000_000), 9))
    return png(8, 8, bomb, bits=8, data=zlib.compress(bytes(72)))


def flipped_checksum() -> bytes:
    content = bytearray(encoded(PHOTO))
    at = content.index(b"IDAT")
    length = struct.unpack(">I", content[at - 4 : at])[0]
    content[at + 4 + length] ^= 1
    return bytes(content)


def many_scans() -> bytes:
    """A progressive JPEG that repeats its last scan a thousand times over 16 million pixels."""
    content = encoded(Image.new("L", (4000, 4000), 90), "JPEG", progressive=True)
    return content[:-2] + content[content.rindex(b"\xff\xda") : -2] * 1000 + content[-2:]


def webp_canvas() -> bytes:
    """An extended WebP that claims a canvas of 16383 x 16383 pixels."""
    small = encoded(Image.new("RGBA", (8, 8), (9, 9, 9, 9)), "WEBP", lossless=True)
    size = (16382).to_bytes(3, "little")
    head = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + size + size
    body = b"WEBP" + head + small[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 1, 1, 0, 0)


def tiff(array: np.ndarray) -> bytes:
    return encoded(Image.fromarray(array), "TIFF")


def giant_tiles() -> bytes:
    """A small TIFF that claims to be stored in tiles of 8192 x 8192 pixels."""
    tags = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1, 322: 8192, 323: 8192, 324: 300, 325: 40}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return (b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)).ljust(400, b"\0")


def archive(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as out:
        for name, content in files.items():
            out.writestr(name, content)
    return stream.getvalue()


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
BAD_IMAGES: dict[str, tuple[Callable[[], bytes], str]] = {
    "20000 x 20000, 1 bit": (lambda: zeros_png(20000, 1, 0), "pixels"),
    "13000 x 13000 RGB": (lambda: zeros_png(13000, 8, 2), "pixels"),
    "2**31 wide": (lambda: png(2**31 - 1, 2**31 - 1), "pixels"),
    "2**31 over the limit": (lambda: png(2**31, 4), "pixels|damaged"),
    "0 x 0": (lambda: png(0, 0), "pixels|damaged"),
    "1 x 10000": (lambda: encoded(Image.new("L", (1, 10000))), "1 x 10000"),
    "10000 x 4 strip": (lambda: encoded(Image.new("L", (10000, 4))), "strip"),
    "3 x 3": (lambda: encoded(Image.new("L", (3, 3))), "at least 4"),
    "truncated PNG": (lambda: encoded(PHOTO)[:-400], "damaged"),
    "truncated JPEG": (lambda: encoded(PHOTO, "JPEG", quality=95)[:900], "damaged"),
    "truncated GIF": (lambda: encoded(PHOTO, "GIF")[:-600], "damaged"),
    "truncated WebP": (lambda: encoded(PHOTO, "WEBP", lossless=True)[:-100], "damaged"),
    "truncated BMP": (lambda: encoded(PHOTO, "BMP")[:-600], "damaged"),
    "truncated TIFF": (lambda: tiff(PHOTO)[:-600], "damaged|header"),
    "PNG header alone": (lambda: encoded(PHOTO)[:20], "damaged"),
    "checksum flipped": (flipped_checksum, "damaged"),
    "zero bytes": (lambda: b"", "zero bytes"),
    "text": (lambda: b"once upon a time\nthere was a cell", "plain text"),
    "HTML": (lambda: b"<!DOCTYPE html><html><script>alert(1)</script></html>", "web page"),
    "SVG": (lambda: SVG, "SVG"),
    "PDF": (lambda: b"%PDF-1.7\n" + bytes(200), "PDF"),
    "EPS": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "PostScript"),
    "zip": (lambda: archive(a=b"b"), "zip archive"),
    "npz": (lambda: npz(good_arrays()), "zip archive"),
    "random bytes": (lambda: RNG.bytes(5000), "not a picture"),
    "zTXt bomb": (text_bomb, "damaged"),
    "GIF screen of 65535 x 65535": (
        lambda: b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + encoded(PHOTO, "GIF")[13:],
        "pixels|damaged",
    ),
    "BMP of 60000 x 60000": (lambda: bmp(60000, 60000), "pixels"),
    "WebP canvas of 16383 x 16383": (webp_canvas, "pixels"),
    "JPEG of a thousand scans": (many_scans, "passes"),
    "TIFF with giant tiles": (giant_tiles, "tiles"),
    "PPM": (lambda: b"P6\n8 8\n255\n" + bytes(192), "PPM"),
    "FITS": (lambda: b"SIMPLE  =                    T".ljust(2880), "FITS"),
    "AVIF": (lambda: b"\0\0\0\x20ftypavif\0\0\0\0avifmif1" + bytes(100), "AVIF"),
    "JPEG 2000": (lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "JPEG 2000"),
    "ICO": (lambda: encoded(PHOTO, "ICO"), "not a picture"),
    "six megabytes": (lambda: bytes(6_000_000), "5 MB"),
    "TIFF of floats with NaN": (lambda: tiff(np.full((9, 9), np.nan, np.float32)), "NaN"),
    "TIFF of floats with infinity": (lambda: tiff(np.full((9, 9), np.inf, np.float32)), "infinity"),
}


@pytest.mark.parametrize("case", BAD_IMAGES)
def test_a_bad_picture_ends_in_a_sentence(case: str) -> None:
    make, words = BAD_IMAGES[case]
    with pytest.raises(BadInput, match=words) as refusal:
        read_image(make())
    assert str(refusal.value).endswith(".")


def test_a_missing_path_and_a_folder_end_in_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.png", tmp_path, str(tmp_path / "a\0b")):
        with pytest.raises(BadInput, match="cannot be opened"):
            read_image(path)


def test_paths_bytes_and_open_files_give_the_same_picture(tmp_path: Path) -> None:
    content = encoded(PHOTO)
    (tmp_path / "cell.jpg").write_bytes(content)  # a PNG with the wrong name
    for file in (content, tmp_path / "cell.jpg", str(tmp_path / "cell.jpg"), io.BytesIO(content)):
        np.testing.assert_array_equal(read_image(file), PHOTO)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_formats_come_out_exactly(kind: str) -> None:
    picture = read_image(encoded(PHOTO, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert picture.dtype == np.uint8 and picture.flags.c_contiguous
    np.testing.assert_array_equal(picture, PHOTO)


def test_jpeg_and_gif_come_out_nearly() -> None:
    for content in (encoded(PHOTO, "JPEG", quality=98, subsampling=0), encoded(PHOTO, "GIF")):
        assert np.abs(read_image(content).astype(int) - PHOTO).mean() < 4


def test_sixteen_bit_grey_keeps_its_shades_in_png_and_tiff() -> None:
    levels = RAMP.astype(np.uint16)
    expected = np.rint(levels / 257)
    naive = np.asarray(Image.open(io.BytesIO(encoded(levels))).convert("L"))  # the control: it turns white
    for content in (encoded(levels), tiff(levels), tiff(levels.astype(">u2"))):
        np.testing.assert_array_equal(read_image(content), np.repeat(expected[..., None], 3, axis=2))
    assert np.abs(naive - expected).max() > 1 or (naive == 255).mean() > 0.5


def test_dark_sixteen_bit_grey_is_said_so() -> None:
    picture, notes = read_image_with_notes(encoded((RAMP / 64).astype(np.uint16)))
    assert picture.max() == 4 and "very dark" in notes[0]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (RAMP.astype(np.float32) / 65535, RAMP / 257),
        ((RAMP / 65535 / 2).astype(np.float32), RAMP / 514),
        ((RAMP / 257).astype(np.float32), RAMP / 257),
        ((RAMP * 3 - 70000).astype(np.float32), RAMP / 257),
        (RAMP.astype(np.int32) * 1000 - 5, RAMP / 257),
        (np.rint(RAMP / 257).astype(np.int32), RAMP / 257),
    ],
    ids=["0..1", "0..0.5", "0..255", "any floats", "int32", "int32 0..255"],
)
def test_float_and_int32_tiff_keep_their_shades(levels: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(read_image(tiff(levels))[..., 1], expected, atol=1)


def test_stretched_levels_are_said_so() -> None:
    assert "stretched" in read_image_with_notes(tiff((RAMP * 3 - 70000).astype(np.float32)))[1][0]


def test_unsigned_32_bit_tiff_does_not_wrap() -> None:
    levels = np.linspace(0, 2**32 - 1, 64 * 48).reshape(48, 64).astype(np.uint32)
    content = bytearray(tiff(levels.view(np.int32)))
    at = content.index(struct.pack("<HHI", 339, 3, 1)) + 8  # SampleFormat: 2 is signed, 1 is not
    content[at] = 1
    np.testing.assert_allclose(read_image(bytes(content))[..., 0], RAMP / 257, atol=1)


def test_white_is_zero_in_sixteen_bit_tiff() -> None:
    content = bytearray(tiff(RAMP.astype(np.uint16)))
    at = content.index(struct.pack("<HHI", 262, 3, 1)) + 8  # PhotometricInterpretation
    content[at] = 0
    np.testing.assert_allclose(read_image(bytes(content))[..., 0], 255 - RAMP / 257, atol=1)


def test_cmyk_comes_out_in_its_colours() -> None:
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    for content in (encoded(cyan, "JPEG", quality=95), encoded(cyan, "TIFF")):
        np.testing.assert_allclose(read_image(content)[8, 8], (0, 255, 255), atol=6)


def test_palette_with_transparency_lies_on_white() -> None:
    picture = Image.new("P", (8, 8), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.putpixel((0, 0), 0)
    shown, notes = read_image_with_notes(encoded(picture, transparency=0))
    assert shown[0, 0].tolist() == [255, 255, 255] and shown[4, 4].tolist() == [255, 0, 0]
    assert "white" in notes[0]


def test_alpha_lies_on_white_and_not_on_black() -> None:
    half = Image.new("RGBA", (8, 8), (255, 0, 0, 128))
    for content in (encoded(half), encoded(half, "WEBP", lossless=True), encoded(half, "TIFF")):
        np.testing.assert_allclose(read_image(content)[0, 0], (255, 127, 127), atol=1)
    np.testing.assert_allclose(read_image(encoded(Image.new("LA", (8, 8), (0, 51))))[0, 0], 204, atol=1)


def test_a_fully_transparent_picture_is_white_and_said_so() -> None:
    shown, notes = read_image_with_notes(encoded(Image.new("RGBA", (8, 8), (9, 9, 9, 0))))
    assert (shown == 255).all() and "fully transparent" in notes[0]


@pytest.mark.parametrize("level", [0, 7, 255])
def test_a_constant_picture_is_served(level: int) -> None:
    assert (read_image(encoded(Image.new("L", (28, 28), level))) == level).all()
    assert read_image(tiff(np.full((9, 9), -3.5, np.float32))).shape == (9, 9, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(kind: str, orientation: int) -> None:
    stored = Image.fromarray(PHOTO)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"PNG": {}, "TIFF": {}, "JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}[
        kind
    ]
    shown = read_image(encoded(stored, kind, exif=exif, **options))
    # EXIF 2.3: where the stored row 0 and column 0 are seen
    row0, column0 = {
        1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"), 4: ("bottom", "left"),
        5: ("left", "top"), 6: ("right", "top"), 7: ("right", "bottom"), 8: ("left", "bottom"),
    }[orientation]  # fmt: skip
    expected = PHOTO.transpose(1, 0, 2) if row0 in ("left", "right") else PHOTO
    expected = expected[::-1] if "bottom" in (row0, column0) else expected
    expected = expected[:, ::-1] if "right" in (row0, column0) else expected
    assert shown.shape == expected.shape
    assert np.abs(shown.astype(int) - expected).mean() < 4


def test_one_bit_pictures_are_black_and_white() -> None:
    checks = np.indices((8, 8)).sum(axis=0) % 2 == 0
    for kind in ("PNG", "TIFF", "BMP"):
        np.testing.assert_array_equal(
            read_image(encoded(Image.fromarray(checks), kind))[..., 0], checks * 255
        )


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_the_first_frame_is_shown_and_said_so(kind: str) -> None:
    frames = [Image.new("RGB", (12, 12), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    shown, notes = read_image_with_notes(content)
    assert shown[6, 6].tolist() == [255, 0, 0]
    assert "first" in notes[0]
    assert read_image_with_notes(encoded(frames[0], kind, **options))[1] == ()


def test_a_polyglot_leaves_only_pixels() -> None:
    np.testing.assert_array_equal(read_image(encoded(PHOTO) + b"<script>alert(1)</script>"), PHOTO)


# Data sets


def good_arrays(n: int = 30, colour: bool = False) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    arrays = {}
    for part, size in (("train", n), ("val", 10), ("test", 12)):
        arrays[f"{part}_images"] = rng.integers(0, 256, (size, 28, 28, *([3] * colour)), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(size) % 3).astype(np.uint8)[:, None]
    return arrays


def npz(arrays: dict[str, np.ndarray], compressed: bool = False, **changed: np.ndarray) -> bytes:
    stream = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(stream, **{**arrays, **changed})
    return stream.getvalue()


def changed(**arrays: object) -> bytes:
    return npz(good_arrays(), **{key: np.asarray(value) for key, value in arrays.items()})


def without(key: str) -> bytes:
    arrays = good_arrays()
    del arrays[key]
    return npz(arrays)


def npy_claiming(shape: tuple[int, ...], dtype: str = "|u1") -> bytes:
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head


def repacked(edit: Callable[[zipfile.ZipFile], None], base: bytes | None = None) -> bytes:
    stream = io.BytesIO(base or npz(good_arrays()))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as out:
        edit(out)
    return stream.getvalue()


def bomb(megabytes: int) -> bytes:
    """The six names, of which one holds megabytes of zeros in a thousandth of the space."""
    packed = deflated_zeros(npy_claiming((megabytes * 1_000_000 // 784, 28, 28)), megabytes)
    content = bytearray(
        archive(**{f"{key}.npy": b"" for key in good_arrays()} | {"train_images.npy": packed})
    )
    at = content.rindex(b"train_images.npy") - 46  # its entry in the directory
    content[at + 10] = zipfile.ZIP_DEFLATED
    content[at + 24 : at + 28] = struct.pack("<I", megabytes * 1_000_000 + 128)
    return bytes(content)


def entries(many: int) -> bytes:
    """A zip directory of many empty entries, written by hand: zipfile would take seconds."""
    local = b"PK\x03\x04" + bytes(26)
    one = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 7) + bytes(16)
    directory = b"".join(one + b"%07d" % i for i in range(many))
    end = struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, many & 0xFFFF, many & 0xFFFF, len(directory), len(local), 0
    )
    return local + directory + end


def encrypted() -> bytes:
    content = bytearray(npz(good_arrays()))
    for sign, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = content.find(sign)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(sign, at + 4)
    return bytes(content)


def data_flipped() -> bytes:
    content = bytearray(npz(good_arrays()))
    content[2000] ^= 1
    return bytes(content)


def with_duplicate() -> bytes:
    """Two entries of one name: the last name of the directory is overwritten by an equally long one."""
    extra = repacked(lambda out: out.writestr("trAin_images.npy", b"x"))
    return extra.replace(b"trAin_images.npy", b"train_images.npy")


LABELS = np.arange(30) % 3
OBJECTS = np.array([[1], "a"] * 15, dtype=object)
NESTED = npz(good_arrays())
BAD_SETS: dict[str, tuple[Callable[[], bytes], str]] = {
    "pickled labels": (lambda: changed(train_labels=OBJECTS), "Python objects"),
    "pickled images": (lambda: changed(test_images=OBJECTS[:12]), "Python objects"),
    "missing split": (lambda: without("val_images"), "lacks the array val_images"),
    "missing labels": (lambda: without("test_labels"), "lacks the array test_labels"),
    "another name": (lambda: changed(masks=np.zeros(3)), "'masks'"),
    "float images": (lambda: changed(train_images=np.zeros((30, 28, 28), np.float32)), "float32"),
    "images with NaN": (lambda: changed(val_images=np.full((10, 28, 28), np.nan)), "float64"),
    "signed images": (lambda: changed(train_images=np.full((30, 28, 28), -1, np.int16)), "int16"),
    "complex images": (lambda: changed(train_images=np.zeros((30, 28, 28), complex)), "complex128"),
    "string images": (lambda: changed(train_images=np.full((30, 28, 28), "a")), "<U1"),
    "boolean images": (lambda: changed(train_images=np.zeros((30, 28, 28), bool)), "bool"),
    "negative labels": (lambda: changed(train_labels=np.where(LABELS == 2, -100, LABELS)), "-100"),
    "labels out of range": (lambda: changed(test_labels=np.r_[np.arange(11) % 3, 9]), "label 9"),
    "labels with a gap": (lambda: changed(train_labels=np.where(LABELS == 2, 7, LABELS), val_labels=[0] * 10,
                                          test_labels=[0] * 12), "gap"),
    "float labels": (lambda: changed(train_labels=LABELS * 1.0), "float64"),
    "labels with NaN": (lambda: changed(train_labels=np.where(LABELS == 2, np.nan, LABELS)), "float64"),
    "string labels": (lambda: changed(train_labels=LABELS.astype(str)), "labels must be whole numbers"),
    "several labels each": (lambda: changed(train_labels=np.zeros((30, 14), np.uint8)), "14 labels"),
    "one class": (lambda: changed(train_labels=[0] * 30, val_labels=[0] * 10), "same label"),
    "class unseen in training": (lambda: changed(train_labels=LABELS % 2), "no training image has"),
    "empty split": (
        lambda: changed(test_images=np.zeros((0, 28, 28), np.uint8), test_labels=np.zeros((0, 1), np.uint8)),
        "test_images is empty",
    ),
    "rows that do not match": (lambda: changed(train_labels=LABELS[:-1]), "30 images but 29 labels"),
    "wrong size": (lambda: changed(train_images=np.zeros((30, 32, 32), np.uint8)), r"\(30, 32, 32\)"),
    "not square": (lambda: changed(train_images=np.zeros((30, 28, 27), np.uint8)), r"\(30, 28, 27\)"),
    "channels first": (lambda: changed(train_images=np.zeros((30, 3, 28, 28), np.uint8)), "channels first"),
    "volumes": (lambda: changed(train_images=np.zeros((30, 28, 28, 28), np.uint8)), "volumes"),
    "four channels": (lambda: changed(train_images=np.zeros((30, 28, 28, 4), np.uint8)), r"28, 4\)"),
    "a single image": (lambda: changed(train_images=np.zeros((28, 28), np.uint8)), r"\(28, 28\)"),
    "a number": (lambda: changed(train_images=np.uint8(3)), r"\(\)"),
    "grey and colour": (lambda: changed(test_images=np.zeros((12, 28, 28, 3), np.uint8)), "some color"),
    "nested zip": (lambda: archive(**{"inner.npz": NESTED}), "lacks the array train_images"),
    "nested zip beside": (lambda: repacked(lambda out: out.writestr("inner.npz", NESTED)), "inner.npz"),
    "duplicate entries": (with_duplicate, "two entries of the same name"),
    "a name that climbs": (lambda: repacked(lambda out: out.writestr("../../up.npy", b"x")), "/up"),
    "100,000 entries": (lambda: entries(100_000), "too many entries"),
    "65,536 entries, counted as 0": (lambda: entries(65_536), "too many entries"),
    "encrypted": (encrypted, "encrypted"),
    "zip bomb, 1900 MB": (lambda: bomb(1900), "Unpacked"),
    "zip bomb, 150 MB": (lambda: bomb(150), "Unpacked"),
    "header that lies": (
        lambda: archive(
            **{f"{key}.npy": npy_claiming((10**12, 28, 28)) + bytes(99) for key in good_arrays()}
        ),
        "another length",
    ),
    "header that overflows": (
        lambda: archive(**{f"{key}.npy": npy_claiming((2**40, 2**40)) + bytes(99) for key in good_arrays()}),
        "another length",
    ),
    "header of nonsense": (
        lambda: archive(**{f"{key}.npy": b"\x93NUMPY\x01\0\x76\0" + b"(" * 118 for key in good_arrays()}),
        "header that cannot be read",
    ),
    "text, not arrays": (lambda: archive(**{f"{key}.npy": b"hello" for key in good_arrays()}), "numpy array"),
    "data flipped": (data_flipped, "damaged"),
    "cut in half": (lambda: npz(good_arrays())[:20000], "cut off"),
    "zero bytes": (lambda: b"", "zero bytes"),
    "a lone array": (lambda: b"\x93NUMPY\x01\0" + bytes(200), "numpy array"),
    "a pickle": (lambda: b"\x80\x04\x95" + bytes(50), "pickle"),
    "a picture": (lambda: encoded(PHOTO), "a picture"),
    "60 megabytes": (lambda: bytes(60_000_000), "50 MB"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SETS)
def test_a_bad_data_set_ends_in_a_sentence(case: str) -> None:
    make, words = BAD_SETS[case]
    with pytest.raises(BadInput, match=words) as refusal:
        read_npz(make())
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_good_data_set_comes_out_in_order(colour: bool, compressed: bool) -> None:
    arrays = good_arrays(colour=colour)
    imageset = read_npz(npz(arrays, compressed))
    assert imageset.images.shape == (52, 28, 28, *([3] * colour)) and imageset.notes == ()
    assert imageset.labels.dtype == np.int64 and imageset.class_names == ("class 0", "class 1", "class 2")
    for part, indices in zip(("train", "val", "test"), imageset.official_split, strict=True):
        np.testing.assert_array_equal(imageset.images[indices], arrays[f"{part}_images"])
        np.testing.assert_array_equal(imageset.labels[indices], arrays[f"{part}_labels"][:, 0])


def test_flat_and_signed_labels_and_fortran_order_are_good() -> None:
    arrays = good_arrays()
    arrays["train_images"] = np.asfortranarray(arrays["train_images"])
    arrays["train_labels"] = arrays["train_labels"][:, 0].astype(np.int64)
    imageset = read_npz(io.BytesIO(npz(arrays)))
    np.testing.assert_array_equal(imageset.images[:30], arrays["train_images"])


def test_test_images_that_equal_training_images_are_said_to_leak() -> None:
    arrays = good_arrays(n=12)
    whole = npz(arrays, test_images=arrays["train_images"], test_labels=arrays["train_labels"])
    assert "leak" in read_npz(whole).notes[0]
    test = np.array(arrays["test_images"])
    test[5] = arrays["train_images"][2]
    assert read_npz(npz(arrays, test_images=test)).notes == (
        "1 of 12 test images equal a training image: a leak.",
    )


def test_a_class_missing_in_validation_is_said_so() -> None:
    assert "no image of class 2" in read_npz(changed(val_labels=np.arange(10) % 2)).notes[0]


def test_an_upload_is_found_under_the_name_of_its_content(tmp_path: Path) -> None:
    content = npz(good_arrays())
    name = remember_upload(content, tmp_path)
    assert name == remember_upload(npz(good_arrays(), compressed=True), tmp_path)
    kept, given = load(name, tmp_path), read_npz(content)
    np.testing.assert_array_equal(kept.images, given.images)
    np.testing.assert_array_equal(kept.labels, given.labels)
    assert kept.name == name
    assert [file.name for file in (tmp_path / "uploads").iterdir()] == [f"{name[7:]}.npz"]
    other = remember_upload(npz(good_arrays(n=33)), tmp_path)
    assert other != name


def test_a_refused_upload_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        remember_upload(changed(train_labels=OBJECTS), tmp_path)
    assert not (tmp_path / "uploads").exists()


@pytest.mark.parametrize(
    "name",
    ["upload:", "upload:../../secret", "upload:" + "g" * 64, "upload:" + "a" * 63, "upload:" + "A" * 64,
     "upload:" + "a" * 64 + "\n", "upload:" + "../" * 20 + "aaaa", "upload:" + "٣" * 64],
)  # fmt: skip
def test_a_forged_upload_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="64 digits"):
        load(name, tmp_path)


def test_a_lost_or_changed_upload_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not on this server"):
        load("upload:" + "a" * 64, tmp_path)
    name = remember_upload(npz(good_arrays()), tmp_path)
    file = tmp_path / "uploads" / f"{name[7:]}.npz"
    file.write_bytes(npz(good_arrays(n=33)))
    with pytest.raises(Unavailable, match="changed"):
        load(name, tmp_path)
    file.write_bytes(b"broken")
    with pytest.raises(Unavailable, match="cannot be read"):
        load(name, tmp_path)


def test_no_place_to_keep_an_upload_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="cannot be kept"):
        remember_upload(npz(good_arrays()), tmp_path)


@pytest.mark.parametrize("name", ["", "chest", "<script>", "a" * 50_000, "../cells", "cells\0"])
def test_an_unknown_set_is_refused_in_a_short_sentence(name: str) -> None:
    with pytest.raises(BadInput, match="There is no image set") as refusal:
        load(name)
    assert len(str(refusal.value)) < 400

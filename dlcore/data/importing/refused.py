"""File formats that are named and refused, each with the way to one that is read. No decoder is involved."""

from dlcore.data.gates import BadInput

SAVE = "save it as PNG or TIFF"
# What it is, its endings, its first bytes with their place, and the remedy.
NAMED: tuple[tuple[str, tuple[str, ...], tuple[tuple[int, bytes], ...], str], ...] = (
    (
        "a HEIC picture",
        (".heic", ".heif", ".hif"),
        ((4, b"ftyphe"), (4, b"ftypmif1"), (4, b"ftypmsf1")),
        "save it as JPEG or PNG; a phone can be set to take JPEG (“most compatible”)",
    ),
    (
        "a Zeiss CZI file",
        (".czi",),
        ((0, b"ZISRAWFILE"),),
        "export it as TIFF from ZEN, or by Fiji (Bio-Formats)",
    ),
    (
        "a whole slide image",
        (".svs", ".ndpi", ".mrxs", ".scn", ".vms", ".bif"),
        (),
        "cut it into tiles with QuPath or OpenSlide and save them as PNG or TIFF",
    ),
    (
        "a NIfTI volume",
        (".nii", ".nii.gz", ".hdr"),
        ((344, b"n+1\0"), (344, b"ni1\0"), (4, b"n+2\0")),
        "save the slices as PNG or TIFF, for example with nibabel or ITK-SNAP; this lab looks at pictures",
    ),
    ("a Leica LIF file", (".lif",), ((0, b"\x70\0\0\0"),), "export it as TIFF by Fiji (Bio-Formats)"),
    ("a Nikon ND2 file", (".nd2",), ((0, b"\xda\xce\xbe\x0a"),), "export it as TIFF by Fiji (Bio-Formats)"),
    ("an AVIF picture", (".avif",), ((4, b"ftypavi"),), SAVE),
    ("a JPEG 2000 picture", (".jp2", ".j2k"), ((4, b"jP  "),), SAVE),
    ("a camera's raw picture", (".cr2", ".cr3", ".nef", ".arw", ".dng"), (), SAVE),
    (
        "an NRRD or MetaImage volume",
        (".nrrd", ".mha", ".mhd"),
        ((0, b"NRRD"),),
        "save the slices as PNG or TIFF",
    ),
    ("an HDF5 file", (".h5", ".hdf5", ".ims"), ((0, b"\x89HDF"),), "save its arrays with numpy.savez"),
    ("a MATLAB file", (".mat",), ((0, b"MATLAB"),), "save its arrays with numpy.savez"),
    (
        "a Python pickle",
        (".pkl", ".pickle", ".joblib", ".pt", ".pth"),
        (),
        "save its arrays with numpy.savez",
    ),
    ("a film", (".mp4", ".avi", ".mov", ".mkv"), (), "save its frames as PNG"),
    (
        "an archive that is no zip",
        (".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz"),
        (),
        "pack it as a zip",
    ),
)


def refusal(name: str, content: bytes) -> str:
    """The sentence that names a format which is not read, and the remedy; "" for all others."""
    ending = name.lower()
    if b"Aperio" in content[:4096] or (content[:4] in (b"II*\0", b"II+\0") and b"Aperio Image" in content):
        ending = ".svs"
    for what, endings, signs, remedy in NAMED:
        if ending.endswith(endings) or any(content[at : at + len(sign)] == sign for at, sign in signs):
            return f"This is {what}, which is not read here: {remedy}."
    return ""


def refuse_by_name(name: str, content: bytes) -> None:
    """Nothing, or the refusal.

    Raises:
        BadInput: a format that is known and not read.
    """
    if sentence := refusal(name, content):
        raise BadInput(sentence)

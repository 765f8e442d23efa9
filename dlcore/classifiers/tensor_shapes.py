"""The table of contents of a weights file: whether its tensors are those of a network, and the first that is not."""

from collections.abc import Mapping

from dlcore.arguments import BadInput

Shapes = Mapping[str, tuple[int, ...]]
COUNTED = "num_batches_tracked"  # of batch normalization; files may leave it out, nothing depends on it


def shared(shapes: Shapes, wanted: Shapes) -> float:
    """The share of names, of both together, that agree in shape.

    >>> shared({"a": (1,), "b": (2,)}, {"a": (1,), "b": (3,)})
    0.5
    """
    agree = sum(wanted.get(name) == shape for name, shape in shapes.items())
    return agree / max(len(shapes.keys() | wanted.keys()), 1)


def refuse_misfit(shapes: Shapes, wanted: Shapes, network: str) -> None:
    """Refuse what is not this network's, whole.

    >>> refuse_misfit({"a.weight": (1,)}, {"a.weight": (2,)}, "a net")
    Traceback (most recent call last):
        ...
    dlcore.arguments.BadInput: This looks like a net, but “a.weight” has the shape (1,) instead of (2,).

    Args:
        network: what it looks like, for the sentence.

    Raises:
        BadInput: the first tensor that is missing, of another shape, or not the network's is named.
    """
    for name, shape in wanted.items():
        if name.endswith(COUNTED):
            continue
        if name not in shapes:
            raise BadInput(f"This looks like {network}, but “{name}” {shape} is missing.")
        if shapes[name] != shape:
            raise BadInput(
                f"This looks like {network}, but “{name}” has the shape {shapes[name]} instead of {shape}."
            )
    if more := next((name for name in shapes if name not in wanted), None):
        raise BadInput(f"This looks like {network}, but it has no “{shown(more)}”.")


def shown(text: str) -> str:
    """A name from a file, as a sentence may show it: a file may call its tensors anything.

    >>> shown("head.<b>3</b>")
    'head. b 3  b '
    """
    return "".join(sign if sign.isalnum() or sign in "._-" else " " for sign in text)[:60]

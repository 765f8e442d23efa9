"""torch as a training needs it: one thread, tiny numbers flushed to zero; and afterwards as the caller had it.

Both settings belong to a thread of the operating system, the number of threads also to the process, for threads yet
to come. Several trainings may run at once: what there was before the first of them is what the last leaves behind.
"""

import contextlib
import threading
from collections.abc import Iterator

import torch

SMALLEST = 5e-324


class _Running:
    """How many trainings of this process run now, and how many threads torch had before the first of them."""

    def __init__(self) -> None:
        self.turn, self.count, self.threads = threading.Lock(), 0, 1


RUNNING = _Running()


def flushes_denormals() -> bool:
    """Whether this thread takes numbers below 2.2e-308 for 0; torch sets this and does not tell it."""
    one = float(len("x"))
    return SMALLEST * one == 0.0


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Within, sums are bit for bit the same however many cores there are, and an over-fitted network is not slow.

    Gradients are recorded also where the caller has switched that off, and tensors are made on the CPU.
    """
    flushed = flushes_denormals()
    with RUNNING.turn:
        RUNNING.threads = torch.get_num_threads() if RUNNING.count == 0 else RUNNING.threads
        RUNNING.count += 1
        torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(torch.inference_mode(False))
            stack.enter_context(torch.enable_grad())
            if torch.get_default_device().type != "cpu":
                stack.enter_context(torch.device("cpu"))
            yield
    finally:
        torch.set_flush_denormal(flushed)
        with RUNNING.turn:
            RUNNING.count -= 1
            torch.set_num_threads(RUNNING.threads)


def for_good() -> None:
    """The same two settings for a process that does nothing but train."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)

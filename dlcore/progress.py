"""A bar that grows with the epochs of a training, where tqdm is installed; knows epochs and nothing of training."""

import contextlib
from collections.abc import Callable, Iterator

from dlcore.arguments import BadInput
from dlcore.runs import Epoch

Told = Callable[[Epoch], None] | None


@contextlib.contextmanager
def progress_bar(epochs: int | None, on_epoch: Told, wanted: bool) -> Iterator[Told]:
    """Whom to tell of every epoch: `on_epoch`, and the bar if one is wanted.

    Raises:
        BadInput: a bar is wanted and tqdm is not installed.
    """
    if not wanted:
        yield on_epoch
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise BadInput("progress=True needs tqdm, which is not installed here: pip install tqdm") from None
    with tqdm(total=epochs, unit="epoch") as bar:

        def tell(epoch: Epoch) -> None:
            bar.set_postfix(loss=f"{epoch.val_loss:.3f}", accuracy=f"{epoch.val_accuracy:.1%}")
            bar.update()
            if on_epoch is not None:
                on_epoch(epoch)

        yield tell

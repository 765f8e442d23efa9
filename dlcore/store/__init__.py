"""The memory: finished runs as content-addressed folders, and the ledger that indexes them."""

from dlcore.store.store import (
    CorruptRunError,
    Store,
    UnreadableRunError,
    default_folder,
    shared,
)

__all__ = [
    "CorruptRunError",
    "Store",
    "UnreadableRunError",
    "default_folder",
    "shared",
]

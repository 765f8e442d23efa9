"""What a training keeps of its epochs: the best weights, and as much of the way there as fits."""

from typing import Any

import numpy as np
from torch import nn

from dlcore.runs import Epoch

HISTORY = 2_000_000  # validation logits that a run keeps over all epochs, 8 MB
EPOCH_WEIGHTS = 1_000_000  # numbers that a run keeps of other epochs than the one it is judged by, 4 MB


class Kept:
    """The history so far and the weights worth keeping: of the first epoch that is the best by `Recipe.keep`."""

    def __init__(self, model: nn.Module, keep: str) -> None:
        self.by_auc = keep == "auc"
        self.epochs: list[Epoch] = []
        self.best = 0
        self.score = (-2.0, float("-inf"))
        self.weights: dict[str, np.ndarray] = {}
        self.val_logits = np.empty((0, 0), np.float32)
        self.every: list[np.ndarray] = []  # validation logits, epoch by epoch
        self.last = copied(model)
        self.early = {0: self.last}  # epochs 0, 1, 2, 4, 8 …

    def add(self, epoch: Epoch, state: dict[str, np.ndarray], val_logits: np.ndarray) -> None:
        self.epochs.append(epoch)
        self.every.append(val_logits)
        self.last = state
        if epoch.number & (epoch.number - 1) == 0:
            self.early[epoch.number] = state
        auc = epoch.val_auc if self.by_auc else None
        score = (-1.0 if auc is None else auc, -epoch.val_loss)
        if score > self.score:
            self.score, self.best, self.weights = score, epoch.number, state
            self.val_logits = val_logits

    def epoch_weights(self) -> dict[int, dict[str, np.ndarray]]:
        """Run.epoch_weights: the kept epoch, then as many as fit: the initial weights, the last, the first …"""
        room = EPOCH_WEIGHTS // max(1, sum(values.size for values in self.last.values()))
        last = len(self.epochs)
        wanted = [n for n in dict.fromkeys([0, last, *self.early]) if n != self.best]
        chosen = {n: self.early.get(n, self.last) for n in wanted[:room]}
        chosen |= {self.best: self.weights} if self.best else {}
        return dict(sorted(chosen.items()))

    def history(self) -> dict[str, Any]:
        """Run.history and Run.history_epochs: as many epochs as fit into HISTORY numbers, evenly chosen."""
        if not self.every:
            return {}
        fitting = max(2, HISTORY // self.every[0].size)
        chosen = np.linspace(0, len(self.every) - 1, min(fitting, len(self.every))).round().astype(int)
        chosen = np.union1d(chosen, [self.best - 1])
        return {"history": np.stack([self.every[i] for i in chosen]), "history_epochs": chosen + 1}


def copied(model: nn.Module) -> dict[str, np.ndarray]:
    """Name -> array, parameters and buffers as they are now."""
    return {name: t.numpy().copy() for name, t in model.state_dict().items()}

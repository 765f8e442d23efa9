"""One epoch of training with AUC on train and validation, against MedMNIST's own script's way of doing it.

The peer is written as that script writes it (medmnist 3, `train_and_eval_pytorch.py` of the MedMNIST project):
a PIL image at a time through torchvision transforms and a DataLoader, `.item()` in every step, a second pass
over the training images to score them, scikit-learn's AUC. Same network, same optimizer, same images.
"""

import numpy as np
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from benchmarks.harness import Result, interleaved
from dlcore import models, training
from dlcore.data import ImageSet, load
from dlcore.dealing import parts
from dlcore.runs import Recipe

IMAGES = 1500


class PilImages(Dataset):
    """One PIL image at a time, as the medmnist package serves them."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels = images, labels
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5], [0.5])])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[i])), int(self.labels[i])


def scored(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    outputs, targets = [], []
    with torch.no_grad():
        for x, y in loader:
            outputs.append(model(x).softmax(dim=1))
            targets.append(y)
    p, y = torch.cat(outputs).numpy(), torch.cat(targets).numpy()
    return float(np.mean([roc_auc_score(y == c, p[:, c]) for c in range(p.shape[1])]))


def epoch_of_the_script(recipe: Recipe, images: ImageSet) -> float:
    split = parts(recipe, images)
    train = PilImages(images.images[split.train], images.labels[split.train])
    validation = PilImages(images.images[split.validation], images.labels[split.validation])
    model = models.build(recipe, images).to(
        memory_format=torch.contiguous_format
    )  # torch's own default layout
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    generator = torch.Generator().manual_seed(0)
    model.train()
    losses = []
    for x, y in DataLoader(train, batch_size=recipe.batch_size, shuffle=True, generator=generator):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    scored(model, DataLoader(train, batch_size=2 * recipe.batch_size))
    return scored(model, DataLoader(validation, batch_size=2 * recipe.batch_size))


def results() -> list[Result]:
    images = load("cells")
    found = []
    for model, goal in (("mlp", "≥ 15×"), ("cnn", "≥ 5×")):
        recipe = Recipe(model=model, epochs=1, subset=IMAGES, augmentation="none")
        ours, theirs = training.fit(recipe, images).epochs[0].val_auc, epoch_of_the_script(recipe, images)
        assert ours is not None and abs(ours - theirs) < 0.1, (ours, theirs)  # other batches, same learning
        taken = interleaved(
            {
                "ours": lambda r=recipe: training.fit(r, images),
                "script": lambda r=recipe: epoch_of_the_script(r, images),
            },
            rounds=5,
        )
        work = f"epoch with AUC on train and validation, {model.upper()}, {IMAGES} cells"
        found.append(Result(work, "MedMNIST's script's loop", taken["ours"], taken["script"], goal))
    return found


if __name__ == "__main__":
    from benchmarks.harness import table

    torch.set_num_threads(1)
    print(table(results()))

"""The receptive field: which pixels a cell of any layer can depend on, by counting. No torch."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.convolution.sliding import Geometry


@dataclass(frozen=True)
class Field:
    """Cell i of a layer sees the pixels start + i · jump … start + i · jump + size − 1 along each side."""

    size: int = 1
    jump: int = 1
    start: int = 0

    def after(self, geometry: Geometry) -> "Field":
        """The field one layer on: size + (reach − 1) · jump, start − p · jump, jump · s."""
        return Field(
            size=self.size + (geometry.reach - 1) * self.jump,
            jump=self.jump * geometry.s,
            start=self.start - geometry.p * self.jump,
        )

    def span(self, i: int, n: int) -> tuple[int, int]:
        """First pixel that cell i sees and the one after the last, of a side of n pixels."""
        first = self.start + i * self.jump
        return max(0, first), min(n, first + self.size)


def field_of(geometries: Iterable[Geometry]) -> Field:
    """The field of the last of these layers."""
    field = Field()
    for geometry in geometries:
        field = field.after(geometry)
    return field


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """One layer of an opened network and what it makes of one image.

    Attributes:
        name: place in the network ("features.1.3"), as Grad-CAM and torch spell it.
        title: the layer in words.
        maps: float32 (channels, rows, cols).
        parameters: numbers this layer learns.
        field: receptive field of its cells.
    """

    name: str
    title: str
    maps: NDArray[np.float32]
    parameters: int
    field: Field

    @property
    def shape(self) -> str:
        """channels × rows × cols."""
        return " × ".join(str(side) for side in self.maps.shape)

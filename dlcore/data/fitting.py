"""A picture of any size made to fit a network: cropped to its shape of window, then shrunk or enlarged."""

import cv2
import numpy as np
from numpy.typing import NDArray


def fitted(picture: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """uint8 (h, w) or (h, w, 3) as a network with images of this shape takes it.

    The middle is kept; grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).

    Args:
        picture: uint8 (H, W, 3), any size.
        shape: (h, w, channels) with 1 or 3 channels.
    """
    rows, cols, channels = shape
    H, W = picture.shape[:2]
    scale = min(H / rows, W / cols)  # picture pixels per pixel wanted
    high, wide = max(1, round(rows * scale)), max(1, round(cols * scale))
    top, left = (H - high) // 2, (W - wide) // 2
    window: NDArray = np.ascontiguousarray(picture[top : top + high, left : left + wide])
    window = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY) if channels == 1 else window
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR  # INTER_AREA averages what it merges
    return np.asarray(cv2.resize(window, (cols, rows), interpolation=method), dtype=np.uint8)

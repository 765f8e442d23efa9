"""Computes and draws; knows nothing of Streamlit. A notebook can use every line of it."""

import os

# OpenCV reads this once, when it is first imported: no picture larger than 16 Mpixel is ever decoded by it.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(1 << 24))

__version__ = "0.2.0.dev0"

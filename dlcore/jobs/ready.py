"""Imported by workers before they join, and by the process they are forked from: the images of the first press.

The dashboard opens with these; generating them takes longer than an epoch on them.
"""

from dlcore.jobs.worker import images

images("cells")

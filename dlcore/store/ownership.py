"""What is somebody's stays somebody's: the one rule by which every door decides. Knows no disk and no browser."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from dlcore.runs import Run

EVERYBODY = "*"  # owner of what came with the server, or was made by it for all
UNREADABLE = "?"  # owner of what has an owner that cannot be read; no learner has this name
THIS_COMPUTER = "this computer"  # the one learner of a server that is not shared

# open: by its address, or by naming it. list: without being asked for. change: withdraw, delete, rename.
Act = Literal["open", "list", "change"]


@dataclass(frozen=True)
class Who:
    """Somebody at a door.

    Attributes:
        name: in the ledger.
        is_teacher: of this server.
        is_alone: with the lab on a computer that is not shared.
    """

    name: str
    is_teacher: bool = False
    is_alone: bool = False


def judged_by(run: Run) -> str:
    """The name by which a door judges a run: its images', or of a brought run one as private as an upload's."""
    return f"upload:{run.brought}" if run.brought else run.recipe.dataset


def may(who: Who, act: Act, owners: Collection[str], is_private: bool) -> bool:
    """Whether somebody may do this with a run, a running training, or an image set.

    A recipe on a public image set is no secret: its key is a hash of it, and whoever writes the same recipe gets
    the same run, so a link opens it. What came from a file of one's own is private. Where nobody is noted as the
    owner it is nobody's, and not everybody's.

    Args:
        owners: who has asked for it; EVERYBODY among them where it belongs to all.
        is_private: it is, or rests on, images that came from somebody's file.
    """
    if who.name in owners:
        return True
    if act == "change":  # what has no other owner goes with the computer
        return who.name == THIS_COMPUTER and set(owners) <= {EVERYBODY, UNREADABLE}
    if who.is_alone or who.is_teacher or EVERYBODY in owners:
        return True
    return act == "open" and not is_private

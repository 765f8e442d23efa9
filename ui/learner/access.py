"""The one door: every place that opens, lists, downloads or changes a run, a training or an image set asks here.

What the rule is stands in dlcore/store/ownership.py; here it is found out who asks and whose it is.
"""

import logging
from collections.abc import Collection, Mapping

from sqlalchemy.exc import SQLAlchemyError

from dlcore.store import ownership
from dlcore.store.ownership import EVERYBODY, Act
from dlcore.store.store import shared
from ui.learner.learner import who

LOG = logging.getLogger(__name__)
UPLOAD = "upload:"
Owners = Mapping[str, Collection[str]]
AWAY = (OSError, SQLAlchemyError)  # a database, or the disk that it is on, which cannot be used now


def may(act: Act, things: Mapping[str, str], known: Owners | None = None) -> set[str]:
    """Those of these things that the learner who looks at this page may open, see listed, or change.

    None of those about which the database has to be asked while it does not answer.

    Args:
        things: key of a run or of a training that is under way -> the name of its image set; or the name of an image
            set -> the same name.
        known: who wants them, where that is at hand: the database is not asked again twice a second.
    """
    private = {thing for thing, images in things.items() if images.startswith(UPLOAD)}
    if act == "open" and not private:
        return set(things)
    asks = who()
    if act != "change" and (asks.is_alone or asks.is_teacher):
        return set(things)
    try:
        owners = known or _owners_of(things)
        if private and act != "change":  # an image set that the server has made for all is no secret
            sets = shared().ledger.owners_of_uploads({things[thing] for thing in private})
            private = {thing for thing in private if EVERYBODY not in sets[things[thing]]}
    except AWAY as error:
        LOG.warning("whose it is cannot be said, so nobody may: %s", error)
        return set() if act != "open" else set(things) - private
    return {thing for thing in things if ownership.may(asks, act, owners[thing], thing in private)}


def _owners_of(things: Collection[str]) -> Owners:
    uploads = [thing for thing in things if thing.startswith(UPLOAD)]
    found = shared().ledger.owners([thing for thing in things if thing not in uploads])
    return found | (shared().ledger.owners_of_uploads(uploads) if uploads else {})

"""What is said when a learner's file cannot be used."""


class BadInput(ValueError):  # noqa: N818 - the learner reads its sentence, nobody its name
    """A file, a name or a number that cannot be used; its text is a sentence for the learner."""


class Unavailable(BadInput):
    """A data set that cannot be had now (offline, cut, wrong content); everything else goes on working."""

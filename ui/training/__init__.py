"""The training page: recipe, run, splits, evaluation, sealed test set."""

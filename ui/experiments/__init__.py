"""The training page's experiments: groups of trainings whose results are read together."""

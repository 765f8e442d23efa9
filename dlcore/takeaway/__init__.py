"""A run taken home: a plain PyTorch script, a notebook, its weights, a card; and a run brought back."""

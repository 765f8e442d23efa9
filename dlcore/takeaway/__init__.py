"""A run taken home: a plain PyTorch script, a notebook, its weights with all they need, a card; and a run brought back."""

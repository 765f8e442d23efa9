"""A learner's formula: read into a bounded tree, evaluated with its slope by dual numbers, written in LaTeX."""

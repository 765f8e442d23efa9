"""The neuron page: one neuron by hand, softmax, fitted and stacked neurons."""

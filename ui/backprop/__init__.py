"""The backprop page: the stepper, its checks, the matrix form, further experiments."""

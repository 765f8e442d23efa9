"""What a convolution computes, what pooling keeps, and what a trained network's filters answer to."""

"""One file per page: a result goes in, a figure comes out. Nothing here computes, and nothing loads torch."""

"""What is too long for `make test` and proved all the same: sweeps, simulations, walks and mutants.

One file in proofs/subjects is one subject. Its docstring's first line is its title, and it has

    COVERS            the modules (and data files) that the proof is about,
    sample(seed)      a small part of it, for `make test`: seconds,
    prove() -> str    all of it, for `make proofs`: one line of numbers, which goes to benchmarks/PROOFS.md.

Both fail by raising, an AssertionError as a rule. An entry carries the fingerprint of what it proves and is fresh as
long as that code has not changed; `make proofs` proves what is not fresh, so that it can be interrupted.
"""

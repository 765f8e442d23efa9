"""How often each rule of the audit errs where nothing is there: measured once, by proofs/subjects/audits.py.

A rule is allowed 5% of clean sets. What stands here is that bound, not the rate itself: the proof fails when the
lower end of the 99% interval of a rate lies above it. The rates it found stand in benchmarks/PROOFS.md: 0 to 1% for
probes, up to 2.5% for near twins, about 5% for shift and calibration, which are tests at that level.
"""

RATES = {
    "near_across": 0.05,
    "shift": 0.05,
    "probes": 0.05,
    "calibration": 0.05,
    "regions": 0.05,
}

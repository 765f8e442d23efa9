"""How often each rule of the audit errs where nothing is there: measured once, by proofs/subjects/audits.py.

A rule is allowed 5 % in a whole audit. What stands here is the upper end of the 99 % interval that the proof found,
rounded up; the proof fails when a rate is larger.
"""

RATES = {
    "near_across": 0.05,
    "shift": 0.05,
    "probes": 0.05,
    "calibration": 0.05,
}

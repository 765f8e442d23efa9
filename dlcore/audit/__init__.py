"""The audit of an image set: leaks, labels, classes, pictures, probes, baselines, size; and of a network on it.

No Streamlit; torch only once a network is asked.
"""

from dlcore.audit.auditing import audit
from dlcore.audit.findings import SECTIONS, Audit, Finding

__all__ = ["SECTIONS", "Audit", "Finding", "audit"]

"""The audit of an image set: leaks, labels, classes, pictures, probes, baselines, size. No torch, no Streamlit."""

from dlcore.audit.auditing import audit
from dlcore.audit.findings import SECTIONS, Audit, Finding

__all__ = ["SECTIONS", "Audit", "Finding", "audit"]

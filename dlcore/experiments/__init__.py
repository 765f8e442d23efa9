"""Groups of recipes whose results are read together, and what they cost. No training here."""

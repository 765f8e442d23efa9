"""Second opinions, one file per room; each is imported only when a check is drawn."""

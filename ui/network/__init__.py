"""The small network's page: its controls, its film, its lesson."""

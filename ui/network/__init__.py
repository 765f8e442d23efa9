"""The small network's page: its controls, its picture, its checks, its lesson."""

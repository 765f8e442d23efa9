"""The optimizer race's page: the race, its tabs, its checks."""

"""Any image classifier, looked at and never touched: a private twin, its layers, its scores."""

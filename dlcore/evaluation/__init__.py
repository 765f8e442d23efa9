"""What measured scores are worth: intervals, thresholds, luck of the split, the price of choosing."""

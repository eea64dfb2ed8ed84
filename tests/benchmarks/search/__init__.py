"""What searches cost, and how that grows with the number of runs."""

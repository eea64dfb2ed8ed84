"""Taking over what other trackers recorded: once, however often it is read."""

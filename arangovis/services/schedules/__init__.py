"""What is done at set times: schedules, when they fire, and the runs that they make."""

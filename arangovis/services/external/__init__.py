"""Runs of users' own processes: begun, alive, ended, over any number of requests that may be sent again."""

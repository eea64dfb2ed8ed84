"""Doing again what rests on wrong data, and checking that what was done can be done again."""

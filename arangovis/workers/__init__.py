"""Claiming runs and computing them in processes that can be killed."""

"""Stores of MLflow's tracking server, read as they lie on disk: its SQLite file and its folder of files."""

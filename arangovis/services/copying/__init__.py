"""Copies, backups and restores of whole stores."""

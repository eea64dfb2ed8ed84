"""What runs of these services are called, without loading anything that computes."""

from arangovis.anomaly.methods import SCORE, TRAIN
from arangovis.services.schedules.actions import METHODS as SCHEDULED

__all__ = ["ERASE", "FRAME_METHODS", "PARSE", "SCHEDULED", "SCORE", "TRAIN", "VERIFY"]

PARSE = "frame.parse"
"""A file read into a frame."""

VERIFY = "verify.bytes"
"""Stored bytes compared with their digests."""

ERASE = "erase.rows"
"""A person's rows erased."""

FRAME_METHODS = (PARSE, TRAIN, SCORE)
"""What workers do with frames."""

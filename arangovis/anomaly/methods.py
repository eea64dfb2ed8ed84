"""What runs of this room are called, without loading anything that computes."""

TRAIN = "anomaly.train"
"""A detector learnt from a data set."""
SCORE = "anomaly.score"
"""A data set scored by a detector."""
EXPORT = "anomaly.export"
"""A detector written as a scorer that needs no service."""

WORKER_METHODS = (TRAIN, SCORE, EXPORT)

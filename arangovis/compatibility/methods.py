"""What runs of this room are called, without loading anything that computes."""

SWEEP = "compatibility.sweep"
"""Trains a new model over a grid of lambda_c; a run that stands for its points."""
REFERENCE = "compatibility.reference"
"""What the old model answers to a data set."""
TRAIN = "compatibility.train"
"""One point: a training, and its model compared with the old one."""
COMPARE = "compatibility.compare"
"""Two models compared by what they predict."""

WORKER_METHODS = (REFERENCE, TRAIN)
"""What workers compute; the others are their sums or the user's own."""

"""Finding runs as a page with boxes to tick does: conditions, and how many runs each box stands for."""

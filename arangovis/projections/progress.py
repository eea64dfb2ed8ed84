"""Progress of a whole, told by its parts."""

from arangovis.projections.base import Progress

__all__ = ["part"]


def part(progress: Progress, *, start: float, end: float) -> Progress:
    """Return a progress whose 0 to 1 is `start` to `end` of the whole."""

    def report(fraction: float) -> None:
        progress(start + (end - start) * min(1.0, max(0.0, fraction)))

    return report

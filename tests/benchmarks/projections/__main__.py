"""`python -m tests.benchmarks.projections [--short]`: all of them in one run, for an otherwise idle machine."""

from tests.benchmarks.projections import first_plot, methods, neighbours, quality

neighbours.main()
quality.main()
methods.main()
first_plot.main()

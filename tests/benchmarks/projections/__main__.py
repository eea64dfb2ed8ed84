"""`python -m tests.benchmarks.projections [--short]`: all of them in one run, for an otherwise idle machine."""

from tests.benchmarks.projections import first_plot, methods, neighbours, placing, quality

neighbours.main()
quality.main()
methods.main()
placing.main()
first_plot.main()

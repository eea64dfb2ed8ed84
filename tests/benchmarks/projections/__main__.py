"""`python -m tests.benchmarks.projections`: neighbours beside their floor, and the first plot beside umap-learn."""

from tests.benchmarks.projections import first_plot, neighbours

neighbours.main()
first_plot.main()

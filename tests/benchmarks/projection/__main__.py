"""`python -m tests.benchmarks.projection`: our projector and the whole service beside plain umap-learn."""

from tests.benchmarks.projection import service_fit, umap_fit

umap_fit.main()
service_fit.main()

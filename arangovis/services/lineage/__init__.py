"""Questions to the lineage graph."""

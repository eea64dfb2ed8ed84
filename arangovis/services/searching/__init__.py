"""Search: over several kinds, ordered, with facets, as of a time; saved searches and views; content; failed runs."""

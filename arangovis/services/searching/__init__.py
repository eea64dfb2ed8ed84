"""Search: over several kinds, in any order, with facets, as of a time; saved searches; content; failed runs."""

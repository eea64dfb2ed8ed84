"""Values of any library as typed columns."""

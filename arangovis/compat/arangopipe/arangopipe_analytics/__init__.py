"""The modules of arangopipe that analyse, under their names."""

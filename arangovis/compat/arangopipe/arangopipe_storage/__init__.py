"""The modules of arangopipe that store, under their names."""

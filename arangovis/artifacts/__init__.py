"""Where bytes are kept. `base.ArtifactStore` is the contract; each backend is one module."""

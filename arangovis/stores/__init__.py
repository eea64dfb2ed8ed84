"""Where the graph is kept. `base.GraphStore` is the contract; each backend is one module."""

"""The stores under test. Each module has one class, `Target(folder)`, with the verbs of `contract.Target`."""

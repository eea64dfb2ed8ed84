"""What trains with PyTorch. Loaded when it is first asked for; the extra is `compatibility`."""

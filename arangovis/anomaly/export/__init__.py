"""A trained detector as a zip that scores anywhere: ONNX, a script that needs only Python, and what describes them."""

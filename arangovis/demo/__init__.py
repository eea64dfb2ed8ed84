"""The demo: real data through the whole main job, and a check of its own answers."""

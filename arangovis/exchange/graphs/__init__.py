"""Graphs as others draw and read them: GraphML, node-link JSON, DOT, Mermaid."""

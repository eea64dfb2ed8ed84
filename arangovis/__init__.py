"""arangovis."""

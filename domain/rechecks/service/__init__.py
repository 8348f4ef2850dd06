"""Drawing, and looking once more."""

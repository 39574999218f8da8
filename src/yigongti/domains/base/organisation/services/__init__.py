"""Writes of the organisation domain: the tree, loading a place, alliances, documents, joining and leaving."""

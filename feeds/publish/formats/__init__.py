"""The forms in which feeds leave the house, one file a format."""

"""What the team does, whichever way it asks: by its pages, or by programs of its own."""

"""The demonstration: `fieldfare demo`, with all that it shows."""

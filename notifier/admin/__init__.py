"""Pages for the team: who may come in, what they see there, and what their buttons do."""

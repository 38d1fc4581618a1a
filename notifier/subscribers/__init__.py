"""Who is written to, how they come, and how they leave."""

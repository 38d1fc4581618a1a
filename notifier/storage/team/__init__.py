"""Who of the team may come in, who did, and what they did."""

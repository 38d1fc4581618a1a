"""Who somebody is and what they follow, out of the rows of several tables, and into them."""

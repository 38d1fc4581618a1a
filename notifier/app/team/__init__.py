"""From an open house to the pages of the team, and to the accounts that may see them."""

"""How somebody of the team comes in: by a password, or as another service knows them."""

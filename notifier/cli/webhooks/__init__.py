"""Commands on the programs that are told what happens here."""

"""What services that send mail for others tell of it: that it is they, and what they say.

Knows their signatures (`signatures`, `sns`), their words (`events`), and where they come in
(`web_door`). Must never know what follows from any of it.
"""

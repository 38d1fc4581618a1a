"""What a reader's browser and mail program talk to.

Knows HTTP and pages. Must never know how mail is sent or when a digest is due.
"""

"""What one begins with: an installation, a taxonomy of one's own, a trial of both.

Knows which commands belong here. Must never know items or mail.
"""

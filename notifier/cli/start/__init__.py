"""What one begins with: an installation, a taxonomy of one's own.

Knows which commands belong here. Must never know items or mail.
"""

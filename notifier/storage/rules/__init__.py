"""What has to hold of readers and their mails.

Knows rules of rows. Must never know how one came to be broken.
"""

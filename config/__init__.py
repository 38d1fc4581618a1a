"""What may differ between two installations: settings, taxonomy files, clock, log.

Knows options, files and environment variables. Must never know what a feed or a mail is.
"""

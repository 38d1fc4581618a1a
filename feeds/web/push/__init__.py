"""The push API: a publisher's own system hands in items, revises and withdraws them.

Knows addresses, methods and what may be asked of them. Must never know how an item is stored.
"""

from feeds.web.push.api import create_api

__all__ = ["create_api"]

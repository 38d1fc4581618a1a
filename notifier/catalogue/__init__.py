"""What mails and private pages say beside what pages and feeds do: one file a language.

Knows where these files are. Must never know what a mail holds.
"""

from pathlib import Path

FOLDER = Path(__file__).parent

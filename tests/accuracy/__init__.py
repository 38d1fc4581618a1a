"""How well documents are understood, and which document needs which rule.

Knows the corpus by its truth and the rules by their names. Must never know how a rule works.
"""

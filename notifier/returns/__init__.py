"""What comes back of a mail: bounces, complaints, answers of machines, and what follows from each.

Knows what a mail, or a service's report, says of a delivery (`classify`), and by which
rule that is heeded (`consequence`). Must never answer any of it.
"""

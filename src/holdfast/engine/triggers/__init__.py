"""What starts work by itself, as long-lived parts: clocks and their backfills, events, what gathers.

Any process may run all of them. A lead keeps two from doing the same work; what must happen once does so by its key.
"""

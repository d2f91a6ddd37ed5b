"""The command line: one file per command, each loaded when it is called (``main`` says how).

``up``, ``server``, ``worker``, ``relay``, ``migrate`` and ``doctor`` open the store; ``validate`` needs nothing; every
other command calls the API. Results go to standard output (JSON with ``--json``), everything else to standard error.
Exit codes: 0 well, 1 a problem (not valid, not found, conflict, a failed run), 2 wrong usage, 3 the server or store
can't be reached.
"""

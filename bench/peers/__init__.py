"""The comparison with peers: the same no-op jobs through other job systems, interleaved with ours on one machine.

``make bench-peers`` installs each peer from its registry, pinned, in an environment of its own below ``.bench/``, and
lets them take turns. Each has a folder here with what it needs (``requirements.txt`` or ``package.json``) and a runner
that follows one protocol: insert the jobs, start one worker as the peer's own documents advise for throughput, print
``begin`` when the warm-up jobs are through, wait until the peer's store says that all is done, and print one line of
JSON. A peer that can't be installed or run is reported as such.
"""

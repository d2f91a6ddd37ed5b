"""Attacks, each with the answer that it must get. What is promised against them: docs/security.md."""

"""Deleting sessions, invites and throttles that are over, on SQLite: each is given now and how many at most."""

from typing import Final

# sessions_by_expiry
SESSIONS: Final = """
DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)"""
# invites_by_expiry
INVITES: Final = """
DELETE FROM invites WHERE id IN (SELECT id FROM invites WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)"""
# throttles_by_time
THROTTLES: Final = """
DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE forget_at <= ? ORDER BY forget_at LIMIT ?)"""

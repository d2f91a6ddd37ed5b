"""Statements about event subscriptions and their deliveries."""

from typing import Final

# subscriptions: primary key, from end to end; those that are off are few
LISTENING: Final = "SELECT * FROM subscriptions WHERE enabled ORDER BY id"

"""Adapters for what leaves the instance: HTTP requests behind the egress guard, and mail."""

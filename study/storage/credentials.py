"""What masks user names, passwords and keys (:mod:`analysis.tables.credentials`, which reports need too)."""

from analysis.tables.credentials import of_command, of_uri, without_credentials

__all__ = ["of_command", "of_uri", "without_credentials"]

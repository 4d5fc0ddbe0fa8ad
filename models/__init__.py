"""The music brain: importable and testable without Discord and without a database."""

"""Everything SQL: plain functions that take a Database and give rows or dataclasses."""

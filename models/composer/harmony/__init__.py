"""Chords for a melody."""

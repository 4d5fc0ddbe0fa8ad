"""Corpora of accompaniment, each brought to `models.arranger.band.Band`s."""

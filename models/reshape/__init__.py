"""Finished pieces made different: other pitches, tempi, meters, bars, touch, texture and mood.

In: a `Work` (a plan and its score) and what should become different. Out: a new `Work`; what nobody
asked to change keeps its very notes.
"""

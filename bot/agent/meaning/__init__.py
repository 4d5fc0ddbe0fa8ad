"""What the words of a slot mean: numbers, names and steps, from English or Chinese as people type.

In: the words of a slot (and, where they need it, what stands around them). Out: values and notes.
Every reader is a pure function that gives None where the words say nothing that it knows.
"""

"""Reading a stranger's file: in a process of its own, with limits, into a file of our own.

`reader` is for everyone else: a path in, a `Score` out. It starts `child`, which limits itself and
calls `road`; what comes back is a MIDI file that we wrote, and nothing but that is ever opened by
the composer, the renderer or the engraver. This package imports no torch and no discord.
"""

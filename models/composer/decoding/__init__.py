"""The network one event at a time: in C, or in numpy."""

"""How people play what is written: timing, touch and mix, one idea to a module."""

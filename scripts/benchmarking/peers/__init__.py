"""A reader per system, run by the interpreter of that system's own environment.

Each module has ``load()``, which imports and loads the system and returns its reader: texts in,
for each text its words as ``(start, end, tag)``. Beside it stands what its environment holds.
"""

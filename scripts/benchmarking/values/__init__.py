"""How other systems read values: a module for each, run in its own environment."""

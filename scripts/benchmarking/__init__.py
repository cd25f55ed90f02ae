"""Our wheel beside other systems: an environment each, one measuring loop, one mapping."""

"""One file per step of the project; the rooms below hold what the steps share."""

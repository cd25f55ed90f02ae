"""Annotation tasks in doccano 1.8.4 and back; `client` runs in an environment of its own."""

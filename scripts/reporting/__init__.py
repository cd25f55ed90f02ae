"""Rooms of the report: what is counted, what is charted, what is drawn on the pages' text."""

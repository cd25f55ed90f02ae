"""Annotated text as training examples, and how a model is scored."""

"""What the evaluator imports from beside itself."""

TARGET = (2.0, -1.0)

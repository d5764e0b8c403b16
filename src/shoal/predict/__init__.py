"""The account expected before a run: the real scheduler on a simulated clock. Pure and deterministic; see docs/predict.md."""

"""One small file a wire. A port has `read(view)`, `write(view)` and `ready(ms)`, and moves bytes only."""

"""One small file a wire. A port has `read(view)`, `write(view)` and `ready(ms)`, and moves bytes only.

What `write` was given may be gathered until `ready` or `read` is called, or until it fills what the wire carries at a time.
"""

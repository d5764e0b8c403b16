"""What the raw REPL answers, as MicroPython's documentation has it: for tests that cut the bytes anywhere.

A model, because no process can be made to answer in given pieces; the same exchanges are had with MicroPython itself elsewhere.
"""

BANNER = b"raw REPL; CTRL-B to exit\r\n>"


class ReplModel:
    """Bytes in, bytes out. `paste`: "yes" (window of `window` bytes), "no" (says so), "never" (firmware before 1.14).

    `busy`: Ctrl-Cs until the program that runs gives way. `outputs`: code -> (output, error text).
    """

    def __init__(self, outputs, paste="yes", window=128, busy=0, noise=b""):
        self.outputs = outputs
        self.paste = paste
        self.window = window
        self.busy = busy
        self.mode = "busy" if busy else "friendly"
        self.noise = noise
        self.line = b""
        self.left = 0
        self.ran = []
        self.most_unread = 0

    def feed(self, data):
        out = self.noise
        self.noise = b""
        for byte in data:
            out += self._byte(bytes([byte]))
        return out

    def _byte(self, byte):
        if self.mode == "busy":
            self.busy -= byte == b"\x03"
            if self.busy:
                return b""
            self.mode = "friendly"
            return b"Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n>>> "
        if self.mode == "friendly":
            if byte == b"\x01":
                self.mode, self.line = "raw", b""
                return BANNER
            return b"\r\n>>> " if byte == b"\x03" else b""
        return self._pasted(byte) if self.mode == "paste" else self._raw(byte)

    def _raw(self, byte):
        if byte == b"\x01":
            asked = self.line == b"\x05A"
            self.line = b""
            if not asked or self.paste == "never":
                return BANNER
            if self.paste == "no":
                return b"R\x00>"
            self.mode, self.left = "paste", self.window
            return b"R\x01" + self.window.to_bytes(2, "little") + b"\x01"
        if byte == b"\x03":
            self.line = b""
            return b""
        if byte == b"\x04":
            return b"OK" + self._run()
        self.line += byte
        return b""

    def _pasted(self, byte):
        if byte == b"\x04":
            self.mode = "raw"
            return b"\x04" + self._run()
        self.line += byte
        self.left -= 1
        if not self.left:
            self.left = self.window
            return b"\x01"
        return b""

    def _run(self):
        code, self.line = self.line, b""
        self.ran.append(code)
        output, error = self.outputs.get(code, (b"", b""))
        return output + b"\x04" + error + b"\x04>"

"""The link to a running agent: a serial link that also sees when the agent is gone and MicroPython's prompt has come back."""

import re

from shoal.usb.serial import SerialLink

_KEPT = 800  # bytes; a traceback of the agent and a banner
# What comes when the agent ended with an exception, or MicroPython was reset. A frame ends with a CRC, so none ends like this.
_PROMPTS = re.compile(
    rb"\x04Traceback \(most recent call last\):[^\x04]*\x04>$"
    rb"|raw REPL; CTRL-B to exit\r\n>$"
    rb'|MicroPython [^\r\n]*\r\nType "help\(\)"[^\r\n]*\r\n>>> $'
)
_LAST_LINE = re.compile(rb"^(\w+(?:Error|Exception|Interrupt|Exit)\b[^\r\n]*)", re.MULTILINE)


class AgentLink:
    """What the driver gets. `why_ended`: why the agent is gone although the port is there, or ""."""

    name = "usb"

    def __init__(self, link: SerialLink) -> None:
        self.lossy = link.lossy
        self.why_ended = ""
        self._link = link
        self._tail = b""

    def fileno(self) -> int:
        return self._link.fileno()

    def receive_into(self, buffer: memoryview) -> int:
        count = self._link.receive_into(buffer)
        if count > 0:
            self._tail = (self._tail + bytes(buffer[max(0, count - _KEPT) : count]))[-_KEPT:]
            if buffer[count - 1] in b"> " and self._prompt_is_back():
                return -1
        return count

    def _prompt_is_back(self) -> bool:
        if not _PROMPTS.search(self._tail):
            return False
        errors = _LAST_LINE.findall(self._tail)
        said = f"its agent ended with {errors[-1].decode(errors='replace')}" if errors else "it was reset"
        self.why_ended = "it was reset" if b"soft reboot" in self._tail else said
        return True

    def send(self, data: memoryview) -> int:
        return self._link.send(data)

    def close(self) -> None:
        self._link.close()

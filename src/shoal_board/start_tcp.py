"""Starts the agent on a board that was given network settings; without them, or without a network, it is reached by USB."""

from . import start_usb, wifi


def serve():
    """Answer hosts until a KeyboardInterrupt, which Ctrl-C on USB brings: the terminal stays a human's."""
    settings = wifi.settings()
    if settings:
        wifi.serve(settings, start_usb.board)
    else:
        start_usb.serve()

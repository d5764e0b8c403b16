"""Reads and writes the flash of a board for the computer: typed into the raw REPL, then its functions are called from there.

A file is written under another name and read back before it takes its own: a power loss leaves the old file or the new one.
"""

import gc
import os
import select
import sys
from binascii import crc32

import micropython


def walk(folder):
    """The files in a folder and its folders."""
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            yield from walk(path)
        else:
            yield path


def check(path):
    """Size and CRC-32 of a file."""
    size = crc = 0
    with open(path, "rb") as file:
        piece = file.read(512)
        while piece:
            size += len(piece)
            crc = crc32(piece, crc)
            piece = file.read(512)
    return size, crc


def have(folder, others):
    """Print what is in a folder, and those of some other files that are there."""
    found = {path: check(path) for path in walk(folder)}
    for path in others:
        try:
            found[path] = check(path)
        except OSError:
            pass
    print(found)


def names(folder):
    """Print the names in a folder."""
    print(os.listdir(folder))


def put(path, size, crc):
    """Take a file from the computer, which sends it when it reads "go". All of it is in RAM before the slow flash is touched."""
    gc.collect()
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    whole = view = memoryview(bytearray(size))
    micropython.kbd_intr(-1)
    try:
        print("go")
        while len(view):
            if not poll.poll(1000):
                raise OSError(110)
            view = view[sys.stdin.buffer.readinto(view[:256]) :]
    finally:
        micropython.kbd_intr(3)
    if crc32(whole) != crc:
        raise OSError(5)
    at = path.find("/", 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError as error:
            if error.errno != 17:  # it is there
                raise
        at = path.find("/", at + 1)
    new = path + ".new"
    try:
        with open(new, "wb") as file:
            file.write(whole)
        if check(new) != (size, crc):
            raise OSError(5)
        try:
            os.rename(new, path)
        except OSError:  # FAT does not replace a file
            os.remove(path)
            os.rename(new, path)
    except OSError:
        drop([new])
        raise


def drop(paths):
    """Remove files that may be there, and folders that are empty then."""
    for path in paths:
        try:
            os.remove(path)
        except OSError:
            try:
                os.rmdir(path)
            except OSError:
                pass
    gc.collect()

"""What a board has and a MicroPython process lacks: a flash at "/", the module `machine`, and a Ctrl-C that can be turned off."""

import binascii
import os
import sys
import termios
import time

import micropython
import vfs

ISIG = 1


class FileDevice:
    """A file as a block device."""

    def __init__(self, path, size):
        try:
            os.stat(path)
        except OSError:
            with open(path, "wb") as file:
                file.write(b"\xff" * size)
        self.file = open(path, "r+b")  # noqa: SIM115 (as long as the board runs)
        self.blocks = size // 4096

    def readblocks(self, block, buf, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.readinto(buf)

    def writeblocks(self, block, buf, offset=None):
        self.file.seek(block * 4096 + (offset or 0))
        self.file.write(buf)
        self.file.flush()

    def ioctl(self, op, arg):
        return {4: self.blocks, 5: 4096, 6: 0}.get(op, 0)


class FolderFlash:
    """A folder as a flash. VfsPosix with a root does not rename: both names share one buffer there."""

    def __init__(self, folder):
        self.folder = folder
        self.flash = vfs.VfsPosix(folder)
        self.host = vfs.VfsPosix()

    def __getattr__(self, name):
        return getattr(self.flash, name)

    def rename(self, old, new):
        self.host.rename(self.folder + old, self.folder + new)


class Machine:
    """What `import machine` gives."""

    PWRON_RESET = 1
    WDT_RESET = 3

    class WDT:
        def __init__(self, id=0, timeout=5000):
            pass

        def feed(self):
            pass

    class Pin:
        IN = 0
        OUT = 1
        PULL_UP = 1
        PULL_DOWN = 2

        def __init__(self, number, *args, **options):
            self.number = number

        def __call__(self, *args):
            """Nothing is wired, but for pins that a file says are at ground."""
            try:
                with open("/grounded") as file:
                    return int(str(self.number) not in file.read().split())
            except OSError:
                return 1

        def toggle(self):
            with open("/blinked", "a") as file:
                file.write("x")

        def value(self, *args):
            return 0

    class I2C:
        """A bus with no other board on it."""

        def __init__(self, *args, **options):
            pass

        def writeto_mem(self, *args, **options):
            raise OSError(19)

        readfrom_mem_into = writeto_mem

    class I2CTarget:
        """Memory that no controller ever reaches."""

        def __init__(self, *args, **options):
            pass

        def deinit(self):
            pass

    @staticmethod
    def idle():
        time.sleep_ms(1)

    @staticmethod
    def unique_id():
        return binascii.unhexlify(Machine.id)

    @staticmethod
    def reset():
        os.system("kill -9 $PPID")

    @staticmethod
    def reset_cause():
        return 1

    @staticmethod
    def freq(*args):
        return 125000000


class Micropython:
    """`import micropython`, with a kbd_intr that does what a board's does: the terminal's own Ctrl-C goes off and on."""

    def __getattr__(self, name):
        return getattr(micropython, name)

    @staticmethod
    def kbd_intr(char):
        if char >= 0:
            micropython.kbd_intr(char)
        mode = termios.tcgetattr(0)
        mode[3] = mode[3] | ISIG if char >= 0 else mode[3] & ~ISIG
        termios.tcsetattr(0, termios.TCSANOW, mode)


def become_board(flash_folder, unique_id, size):
    """`flash_folder`: where its flash is kept, "" for none; `size`: bytes of its littlefs, 0: the folder itself is the flash."""
    Machine.id = unique_id
    sys.modules["machine"] = Machine
    sys.modules["micropython"] = Micropython()
    sys.path[:] = ["", "/lib"]
    if flash_folder:
        flash = littlefs(flash_folder + "/flash.img", size) if size else FolderFlash(flash_folder)
        vfs.umount("/")
        vfs.mount(flash, "/")
        os.chdir("/")


def littlefs(path, size):
    device = FileDevice(path, size)
    try:
        return vfs.VfsLfs2(device)
    except OSError:
        vfs.VfsLfs2.mkfs(device)
        return vfs.VfsLfs2(device)

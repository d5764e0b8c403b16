"""`shoal flash`: firmware onto many boards at once, by the tools that exist for it. Shoal writes no flash by itself.

`firmware` says what a file is, `targets` what the boards are, `plan` which goes where or why not; `crew` runs a process for
each board, `worker`, in which mpflash or esptool does the work.
"""

"""Processes that take turns: each does its work once for each line that it is sent, and answers with times."""

import subprocess


class Peer:
    """A process of a library, or of the driver alone."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self):
        """Wall and CPU milliseconds of one turn."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return tuple(map(float, self.process.stdout.readline().split()))

    def close(self):
        self.process.stdin.close()
        self.process.wait()

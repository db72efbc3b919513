"""The very start of the uploader: the oldest Python, the import path, and what was written in when the program was served.

The line below that old versions of Python cannot read is the sentence that they print. Only `sys` is imported before the folders of
the repository are off the import path: a repository has a `json.py` of its own now and then, and it must not run here.
"""

import sys

assert (new_enough := sys.version_info >= (3, 8)), "covdash-upload needs Python 3.8 or newer"

if __name__ == "__main__":
    # `posix` and `nt` are built into the interpreter: no file of the repository can stand in their place.
    try:
        working_folder = __import__("nt" if sys.platform == "win32" else "posix").getcwd()
    except OSError:  # the folder is gone
        working_folder = ""
    isolated = sys.flags.isolated or getattr(sys.flags, "safe_path", False)
    dropped = {"", ".", working_folder} | set([] if isolated else sys.path[:1])
    sys.path[:] = [folder for folder in sys.path if folder not in dropped]

VERSION = "0.1.0"
SERVER = ""
"""The address of the covdash that served this program; `--url` and `COVDASH_URL` are stronger."""

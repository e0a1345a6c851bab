#!/usr/bin/env python3
"""Reads every object of every repository with git, decodes what can hold text, and looks for each credential of the truth.

    python truth_stands.py SCENARIO

Knows nothing of the generator and nothing of the scanner: only git, Python's own decoders, and the fingerprints in
truth.json. Exit 1 when a credential of the truth stands nowhere in its repository.
"""

import base64
import binascii
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile

PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.S)
# What stands after a key, in a URL before the host, or alone in a line.
VALUES = [
    re.compile(r"(?=[=:]\s*\"?([^\s\0\";]{8,}))"),
    re.compile(r"://[^:/\s]+:([^@\s]+)@"),
    re.compile(r"AccountKey=([^;\s\"]+)"),
    re.compile(r"(\S{8,})"),
]


def objects(folder):
    """Every object in the repository, reachable or not, and in what it borrows from."""
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-c", "safe.directory=*", "cat-file", "--batch", "--batch-all-objects", "--unordered"]
    output = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True).stdout
    place = 0
    while place < len(output):
        end = output.index(b"\n", place)
        _, kind, size = output[place:end].split()
        place = end + 1
        if kind != b"tree":
            yield output[place:place + int(size)]
        place += int(size) + 1


def texts(data, depth=0):
    """The data as text, and what it holds when it is decoded."""
    yield data.decode("latin-1")
    if depth == 3:
        return
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield data.decode("utf-16")
    if data[:2] == b"\x1f\x8b":
        yield from texts(gzip.decompress(data), depth + 1)
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from texts(archive.read(name), depth + 1)
    for run in re.findall(rb"[A-Za-z0-9+/]{24,}={0,2}", data):
        decoders = [base64.b64decode]
        if re.fullmatch(rb"[0-9a-f]+", run):
            decoders.append(binascii.unhexlify)
        for decode in decoders:
            try:
                yield decode(run).decode("latin-1")
            except (ValueError, binascii.Error):
                pass


def fingerprints(text):
    for found in PEM.findall(text):
        yield hashlib.sha256(found.encode("latin-1", "replace")).hexdigest()
    for pattern in VALUES:
        for found in pattern.findall(text):
            yield hashlib.sha256(found.encode("latin-1", "replace")).hexdigest()


def main():
    scenario = sys.argv[1]
    with open(scenario + "/truth.json", encoding="utf-8") as file:
        exposed = json.load(file)["exposed"]
    seen, missing = {}, 0
    for row in exposed:
        folder = f"{scenario}/home/{row['folder']}"
        if folder not in seen:
            seen[folder] = {mark for data in objects(folder) for text in texts(data) for mark in fingerprints(text)}
        if row["fingerprint"] not in seen[folder]:
            print(f"{row['name']} ({row['placement']}) does not stand in {row['repository']}")
            missing += 1
    print(f"{len(exposed) - missing} of {len(exposed)} credentials stand where the truth says")
    return 1 if missing or not exposed else 0


if __name__ == "__main__":
    sys.exit(main())

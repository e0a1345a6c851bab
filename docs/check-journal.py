#!/usr/bin/env python3
"""Checks the chain of a case's journal: python3 check-journal.py CASE/journal.jsonl"""
import hashlib, json, sys

prev = "0" * 64
for number, line in enumerate(open(sys.argv[1], "rb"), 1):
    entry = json.loads(line) if line.endswith(b"\n") else sys.exit(f"line {number}: torn")
    if (entry["seq"], entry["prev"]) != (number, prev):
        sys.exit(f"line {number}: does not follow the line before it")
    prev = hashlib.sha256(line[:-1]).hexdigest()
head = open(sys.argv[1].replace(".jsonl", ".head")).read().split()[1]
print(f"{number} lines, head {prev}") if prev == head else sys.exit(f"line {number}: changed")

#!/usr/bin/env python3
"""Tries plaso's own grammars on every line of a Bitbucket home's logs. Prints one line per log and form.

    python plaso_lines.py HOME

A line is covered unless it is an SSH line of the older form, which plaso's grammar does not know. Exit 1 when a covered
line does not parse.
"""

import collections
import glob
import gzip
import multiprocessing
import sys

import pyparsing
from plaso.parsers.text_plugins import atlassian_bitbucket, bitbucket_access

ACCESS = [grammar for _, grammar in bitbucket_access.BitbucketAccessTextPlugin._LINE_STRUCTURES]
APPLICATION = [grammar for _, grammar in atlassian_bitbucket.AtlassianBitbucketTextPlugin._LINE_STRUCTURES]


def lines(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        yield from (line.rstrip("\n") for line in file)


def parses(grammars, line):
    for grammar in grammars:
        try:
            grammar.parse_string(line, parse_all=True)
            return True
        except pyparsing.ParseException:
            pass
    return False


def access(path):
    count, bad = collections.Counter(), []
    for line in lines(path):
        older_ssh = " | ssh | " in line and ' | "SSH - ' not in line
        if older_ssh:
            count["access log, older SSH form: not covered"] += 1
        else:
            count["access log: parsed"] += 1
            if not parses(ACCESS, line):
                bad.append(line)
    return count, bad


def application(path):
    count, bad = collections.Counter(), []
    for line in lines(path):
        if not line[:4].isdigit():
            count["application log, stack trace: not covered"] += 1
        else:
            count["application log: parsed"] += 1
            if not parses(APPLICATION, line):
                bad.append(line)
    return count, bad


def main():
    total, bad = collections.Counter(), []
    log = sys.argv[1] + "/log/atlassian-bitbucket"
    with multiprocessing.Pool() as pool:
        results = pool.map(access, sorted(glob.glob(log + "-access*"))) + pool.map(
            application, sorted(set(glob.glob(log + "*")) - set(glob.glob(log + "-access*"))))
    for counted, failed in results:
        total.update(counted)
        bad.extend(failed)
    for name, number in sorted(total.items()):
        print(f"{name}: {number}")
    for line in bad[:20]:
        print("does not parse:", line)
    return 1 if bad or not total else 0


if __name__ == "__main__":
    sys.exit(main())

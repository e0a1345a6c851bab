"""Programs of others read our exports: KIND FILE... prints how many rows or objects each has; KIND --ready tells whether they can.

timesketch: the server's own reader of JSON Lines, from its distribution on PyPI (Apache-2.0).
sarif: sarif-pydantic's model of SARIF 2.1.0. stix: OASIS' stix2, strictly.
"""

import json
import sys
import types


def timesketch(path):
    # The reader of JSON Lines needs none of what the same module uses for CSV.
    pandas = types.ModuleType("pandas")
    pandas.Timestamp = pandas.DataFrame = None
    sys.modules.setdefault("pandas", pandas)
    from timesketch.lib.utils import read_and_validate_jsonl

    if path is None:
        return 0
    with open(path, encoding="utf-8") as file:
        rows = list(read_and_validate_jsonl(file))
    assert all(isinstance(row["timestamp"], int) for row in rows)
    return len(rows)


def sarif(path):
    from sarif_pydantic import Sarif

    if path is None:
        return 0
    with open(path, encoding="utf-8") as file:
        log = Sarif.model_validate_json(file.read())
    return len(log.runs[0].results)


def stix(path):
    import stix2

    if path is None:
        return 0
    with open(path, encoding="utf-8") as file:
        # Checks ids, required and unknown properties, vocabularies that are closed, references, and patterns.
        bundle = stix2.parse(file, version="2.1", allow_custom=False)
    ids = [each.id for each in bundle.objects]
    assert len(ids) == len(set(ids)), "an id stands twice"
    known = {*ids, stix2.TLP_WHITE.id, stix2.TLP_GREEN.id, stix2.TLP_AMBER.id, stix2.TLP_RED.id}
    for each in bundle.objects:
        for name, value in each.items():
            refs = [value] if name.endswith("_ref") else value if name.endswith("_refs") else []
            assert known.issuperset(refs), f"{each.id} refers to what is not there: {name}"
        if each.type == "indicator":
            # An observable's own id must be what the standard derives from it.
            stix2.pattern_visitor.create_pattern_object(each.pattern, version="2.1")
        if each.type in ("ipv4-addr", "ipv6-addr", "user-account", "file"):
            derived = type(each)(**{k: v for k, v in each.items() if k not in ("id", "type", "spec_version")})
            assert derived.id == each.id, f"{each.id} is not {derived.id}"
    return len(ids)


KINDS = {"timesketch": timesketch, "sarif": sarif, "stix": stix}

if __name__ == "__main__":
    kind, *paths = sys.argv[1:]
    for path in paths:
        print(KINDS[kind](None if path == "--ready" else path))

"""DuckDB's CSV reader over an access log, into Parquet. Prints how many rows it kept, and how many of one address.

    python duckdb.py LOG OUT.parquet THREADS ADDRESS
"""

import json
import sys

# This file has the module's name.
sys.path.pop(0)
import duckdb

log, out, threads, address = sys.argv[1:]
columns = ["address", "protocol", "request", "user", "time", "action", "agent", "status", "bytes_in", "bytes_out"]
columns += ["labels", "duration", "session"]
names = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
db = duckdb.connect()
db.execute(f"SET threads = {int(threads)}")
db.execute("SET preserve_insertion_order = true")
db.execute(
    f"""COPY (FROM read_csv('{log}', delim = ' | ', header = false, quote = '', escape = '', auto_detect = false,
    columns = {{{names}}}, null_padding = true, ignore_errors = true, max_line_size = 16777216))
    TO '{out}' (FORMAT parquet, COMPRESSION zstd)"""
)
rows = db.execute(f"SELECT count(*) FROM '{out}'").fetchone()[0]
hostile = db.execute(f"SELECT count(*) FROM '{out}' WHERE address LIKE '{address}%'").fetchone()[0]
print(json.dumps({"read": rows, "hostile": hostile}))

"""A Bitbucket that answers REST as one does: pages, tokens, refusals, "too many requests".

The standard library alone. `atlassian-python-api`, which others wrote, reads the same answers as `collect rest`.

    python3 bitbucket_rest.py --token TOKEN --ready-file FILE [--busy N]

Every N-th question is answered with 429 and `Retry-After: 0`. Every question is written to the log file.
"""

import argparse
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

USERS = [
    {
        "name": f"user{n:03}",
        "slug": f"user{n:03}",
        "id": n,
        "emailAddress": f"user{n:03}@example.com",
        "displayName": f"User {n} Müller" if n % 7 else f"User {n} <script>",
        "active": n % 11 != 0,
        "type": "NORMAL",
    }
    for n in range(1, 131)
]
GROUPS = [{"name": name, "deletable": True} for name in ("stash-users", "bitbucket-administrators", "payments & ops", "deploy/qa")]
MEMBERS = {"stash-users": USERS, "bitbucket-administrators": USERS[:2], "payments & ops": USERS[10:19], "deploy/qa": []}
PROJECTS = [{"key": key, "id": n, "name": key.title(), "type": "NORMAL", "public": False} for n, key in enumerate(("PAY", "OPS", "WEB"), 1)]
REPOSITORIES = [
    {"slug": f"service-{n:03}", "id": n, "name": f"Service {n}", "project": PROJECTS[n % 3], "public": n == 5}
    for n in range(1, 61)
]
TOKENS = {
    "user001": [{"id": "255541461578", "name": "backup", "permissions": ["REPO_READ"], "createdDate": 1763091186000}],
}
KEYS = {
    "user002": [{"id": 7031, "text": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPeE7Xbu9EwEGSAaIdCaPi1bGWvN/F4/kaEXgiBcOjbN root", "label": "root"}],
}
PLUGINS = {
    "plugins": [
        {"key": "com.atlassian.upm", "name": "UPM", "version": "7.0.1", "enabled": True, "userInstalled": False},
        {"key": "web.shell.Plugin", "name": "web.shell", "version": "1.0", "enabled": True, "userInstalled": True},
    ]
}


def audit(n):
    return {
        "affectedObjects": [{"id": str(n), "name": f"user{n:03}", "type": "USER"}],
        "auditType": {
            "action": "User created",
            "actionI18nKey": "bitbucket.service.user.audit.action.usercreated",
            "category": "Users and groups",
            "categoryI18nKey": "bitbucket.service.audit.category.userandgroups",
        },
        "author": {"id": "1", "name": "user001", "type": "NORMAL"},
        "changedValues": [],
        "extraAttributes": [],
        "method": "Browser",
        "source": "203.0.113.7",
        "system": "http://bitbucket.example.com",
        "timestamp": f"2026-11-14T03:{n // 60 % 60:02}:{n % 60:02}.411Z",
    }


AUDIT = [audit(n) for n in range(1, 451)]


class State:
    def __init__(self, token, busy, log):
        self.token, self.busy, self.log = token, busy, log
        self.count = 0
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def error(self, status, message):
        self.answer(status, {"errors": [{"context": None, "message": message, "exceptionName": None}]})

    def page(self, things, query):
        start, limit = int(query.get("start", ["0"])[0]), min(int(query.get("limit", ["25"])[0]), 100)
        values = things[start : start + limit]
        last = start + limit >= len(things)
        body = {"size": len(values), "limit": limit, "isLastPage": last, "values": values, "start": start}
        if not last:
            body["nextPageStart"] = start + limit
        self.answer(200, body)

    def events(self, query):
        limit, start = int(query.get("limit", ["100"])[0]), 0
        if "pageCursor" in query:
            start = int(query["pageCursor"][0].split(",")[1])
        entities = AUDIT[start : start + limit]
        paging = {"lastPage": start + limit >= len(AUDIT), "size": len(entities)}
        if not paging["lastPage"]:
            paging["nextPageCursor"] = f"1763091186000,{start + limit}"
        self.answer(200, {"entities": entities, "pagingInfo": paging})

    def do_GET(self):
        state = self.state
        with state.lock:
            state.count += 1
            busy = state.busy and state.count % state.busy == 0
            with open(state.log, "a") as log:
                log.write(f"{self.command} {self.path} {'busy' if busy else ''}\n")
        if busy:
            return self.answer(429, {"errors": [{"message": "rate limited"}]}, Retry_After="0")
        if self.headers.get("Authorization") != f"Bearer {state.token}":
            return self.error(401, "Authentication failed. Please check your credentials and try again.")
        split = urlsplit(self.path)
        query = parse_qs(split.query)
        parts = [unquote(part) for part in split.path.strip("/").split("/")]
        return self.route(parts, query)

    def route(self, parts, query):
        match parts:
            case ["rest", "audit", _, "events"]:
                self.events(query)
            case ["rest", "api", _, "application-properties"]:
                self.answer(200, {"version": "8.19.4", "buildNumber": "8019004", "displayName": "Bitbucket"})
            case ["rest", "api", _, "admin", "users"] | ["rest", "api", _, "users"]:
                self.page(USERS, query)
            case ["rest", "api", _, "admin", "groups"] | ["rest", "api", _, "groups"]:
                self.page(GROUPS, query)
            case ["rest", "api", _, "admin", "groups", "more-members"]:
                self.page(MEMBERS.get(query["context"][0], []), query)
            case ["rest", "api", _, "admin", "permissions", "users"]:
                self.page([{"user": USERS[0], "permission": "SYS_ADMIN"}], query)
            case ["rest", "api", _, "admin", "permissions", "groups"]:
                self.page([{"group": GROUPS[1], "permission": "SYS_ADMIN"}], query)
            case ["rest", "api", _, "projects"]:
                self.page(PROJECTS, query)
            case ["rest", "api", _, "repos"]:
                self.page(REPOSITORIES, query)
            case ["rest", "api", _, "projects", key, "repos"]:
                self.page([r for r in REPOSITORIES if r["project"]["key"] == key], query)
            case ["rest", "access-tokens", _, "users", user]:
                self.page(TOKENS.get(user, []), query)
            case ["rest", "ssh", _, "keys"]:
                self.page(KEYS.get(query.get("user", [""])[0], []), query)
            case ["rest", "plugins", "1.0"]:
                self.answer(200, PLUGINS)
            case ["rest", "api", _, "admin", "license"]:
                self.error(403, "You are not permitted to access this resource")
            case ["rest", "api", _, "projects", *_] | ["rest", "keys", *_] | ["rest", "access-tokens", *_]:
                self.page([], query)
            case _:
                self.error(404, "There is no such resource.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--token", required=True)
    parser.add_argument("--ready-file", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    Handler.state = State(options.token, options.busy, options.log)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with open(options.ready_file, "w") as ready:
        ready.write(f"http://127.0.0.1:{server.server_address[1]}\n")
    server.serve_forever()


main()

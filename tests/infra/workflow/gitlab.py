"""The part of GitLab's API that the note about a plan needs, on loopback. It records what was written."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "glpat-pipeline"
OURS = {"id": 4, "username": "project_12_bot"}


class GitLab:
    """Serves one project: notes by merge request."""

    def __init__(self):
        self.notes = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/v4"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()

    def answer(self, method, path, body):
        """Status and body of the response."""
        path, _, query = path.removeprefix("/api/v4").partition("?")
        if path == "/user":
            return 200, OURS
        if found := re.fullmatch(r"/projects/octo%2Fweb/merge_requests/(\d+)/notes", path):
            if method == "POST":
                self.notes.append({"id": len(self.notes) + 1, "author": OURS, "system": False, "request": int(found[1]), **body})
                return 201, self.notes[-1]
            return 200, [note for note in self.notes if note["request"] == int(found[1])] if re.search(r"(^|&)page=1(&|$)", query) else []
        if found := re.fullmatch(r"/projects/octo%2Fweb/merge_requests/\d+/notes/(\d+)", path):
            self.notes[int(found[1]) - 1].update(body)
            return 200, self.notes[int(found[1]) - 1]
        return 404, {"message": "404 Not found"}

    def _handler(self):
        gitlab = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self):
                body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
                known = TOKEN in (self.headers.get("private-token"), self.headers.get("authorization", "").rpartition(" ")[2])
                status, answer = gitlab.answer(self.command, self.path, body) if known else (401, {"message": "401 Unauthorized"})
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = _serve

            def log_message(self, *_):
                pass

        return Handler

"""The part of GitHub's API that comments and issues need, on loopback. It records what was written."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "ghs_workflow"
BOT = {"id": 41898282, "login": "github-actions[bot]", "type": "Bot"}


class GitHub:
    """Serves one repository: comments by pull request, and issues."""

    def __init__(self):
        self.comments, self.issues, self.refused = [], [], []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()

    def answer(self, method, path, body):
        """Status and body of the response."""
        path, _, query = path.partition("?")
        page = int((re.search(r"(?<!per_)page=(\d+)", query) or [0, 1])[1])
        if path == "/user":
            return 403, {"message": "Resource not accessible by integration"}
        if re.fullmatch(r"/repos/[^/]+/[^/]+/issues/\d+/comments", path):
            number = int(path.split("/")[5])
            if method == "POST":
                return 201, self._add(self.comments, body, number)
            return 200, [comment for comment in self.comments if comment["issue"] == number] if page == 1 else []
        if found := re.fullmatch(r"/repos/[^/]+/[^/]+/issues/comments/(\d+)", path):
            return self._change(self.comments, int(found[1]), body)
        if re.fullmatch(r"/repos/[^/]+/[^/]+/issues", path):
            if method == "POST":
                return 201, self._add(self.issues, {"state": "open", **body})
            return 200, [issue for issue in self.issues if issue["state"] == "open"] if page == 1 else []
        if found := re.fullmatch(r"/repos/[^/]+/[^/]+/issues/(\d+)", path):
            return self._change(self.issues, int(found[1]), body)
        return 404, {"message": "Not Found"}

    def _add(self, into, body, number=None):
        made = {"id": len(into) + 1, "number": len(into) + 1, "issue": number, "html_url": f"{self.url}/{len(into) + 1}", "user": BOT, **body}
        into.append(made)
        return made

    @staticmethod
    def _change(among, number, body):
        changed = next(item for item in among if item["id"] == number)
        changed.update(body)
        return 200, changed

    def _handler(self):
        github = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self):
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                if self.headers.get("authorization", "").rpartition(" ")[2] != TOKEN:
                    github.refused.append(self.path)
                    status, answer = 401, {"message": "Bad credentials"}
                else:
                    status, answer = github.answer(self.command, self.path, body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json; charset=utf-8")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = _serve

            def log_message(self, *_):
                pass

        return Handler

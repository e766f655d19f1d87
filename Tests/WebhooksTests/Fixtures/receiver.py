"""A web server for tests: usage: receiver.py PORT LOG MODULES SECRET [CERTIFICATE KEY]

The path says how it answers: /NAME/ANSWER/ANSWER/..., one for each request in turn, the last one for ever. An answer is a status, and
optionally =SECONDS of Retry-After, @SECONDS to wait before it: /a/503=1/200@0.5. Each request is a line of JSON in LOG; `genuine` is what
is_genuine of MODULES/receiving.py, the documentation's example, says of it.
"""
import collections, http.server, json, re, ssl, sys, threading, time, urllib.parse

port, log_path, modules, secret = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4].encode()
sys.path.insert(0, modules)
from receiving import is_genuine

log, lock, seen = open(log_path, "a"), threading.Lock(), collections.Counter()


def record(**fields):
    with lock:
        log.write(json.dumps(fields) + "\n")
        log.flush()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        began = time.monotonic()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            count = seen[self.path]
            seen[self.path] += 1
        answers = self.path.split("?")[0].split("/")[2:]
        match = re.fullmatch(r"(\d+)(=([^@]+))?(@([\d.]+))?", answers[min(count, len(answers) - 1)])
        status, _, retry_after, _, wait = match.groups()
        time.sleep(float(wait or 0))
        genuine, late = is_genuine(secret, self.headers, body), is_genuine(secret, self.headers, body, time.time() + 301)
        forged = is_genuine(secret, self.headers, body + b" ")
        record(path=self.path, headers=dict(self.headers.items()), body=body.decode(), genuine=genuine, late=late,
               forged=forged, began=began, ended=time.monotonic())
        text = b"told you so\n" if status != "204" else b""
        self.send_response(int(status))
        if retry_after:
            self.send_header("Retry-After", urllib.parse.unquote(retry_after))
        if status.startswith("3"):
            self.send_header("Location", "/elsewhere/200")
        if status != "204":
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
server.daemon_threads = True
if len(sys.argv) > 5:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[5], sys.argv[6])
    server.socket = context.wrap_socket(server.socket, server_side=True)
record(listening=server.server_address[1])
server.serve_forever()

"""An endpoint that passes requests on to another one, and may put other words into its mouth."""
import contextlib
import http.client
import http.server
import queue
import threading
import urllib.parse


class AlteringProxy:
    """with AlteringProxy(sim.url) as proxy: connect to proxy.url

    alter_next() says what becomes of the next reply to PutRecords.
    """

    def __init__(self, target_url):
        self.alterations = queue.SimpleQueue()  # Several threads may reply at once.
        target = urllib.parse.urlsplit(target_url).netloc
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """A request, headers and all: so its signature stays good."""

            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                status, headers, body = pass_on(target, self)
                if self.headers['X-Amz-Target'].endswith('.PutRecords'):
                    with contextlib.suppress(queue.Empty):
                        body = proxy.alterations.get_nowait()(body)
                self.send_response(status)
                self.send_header('Content-Type', headers['Content-Type'])
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """There is nothing to be told."""

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = 'http://{}:{}'.format(*self.server.server_address)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def alter_next(self, alter):
        """Makes of the body of the next reply to PutRecords another one."""
        self.alterations.put(alter)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def pass_on(target, request):
    """Status, headers and body of what the target answers."""
    connection = http.client.HTTPConnection(target)
    connection.putrequest('POST', request.path, skip_host=True, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    connection.endheaders(request.rfile.read(int(request.headers['Content-Length'])))
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, reply.headers, body

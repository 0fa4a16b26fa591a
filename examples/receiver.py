"""Prints the callbacks that it receives: python3 examples/receiver.py 4000."""

import http.server
import json
import sys


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print(json.dumps(json.loads(self.rfile.read(int(self.headers["Content-Length"]))), indent=4), flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"message": {"ack_status": "ACK"}}')


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()

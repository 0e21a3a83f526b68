"""A portal that mints tokens:  PORTAL_ID=编号 PORTAL_KEY_FILE=密钥文件 python portal.py 8000"""

import os
import sys
import time
import uuid
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt  # pip install PyJWT


class Portal(SimpleHTTPRequestHandler):
    def translate_path(self, path):  # pages, and nothing else of this folder: the key lies in it too
        found = super().translate_path(path)
        return found if found.endswith(".html") else ""

    def do_POST(self):
        now, key = int(time.time()), Path(os.environ["PORTAL_KEY_FILE"]).read_bytes().strip()
        claims = {"iss": os.environ["PORTAL_ID"], "aud": "policy-assistant", "jti": str(uuid.uuid4()), "iat": now}
        claims |= {"sub": "u-1001", "dept": "信贷部"}  # whoever is signed in to YOUR portal; never what a request says
        claims |= {"exp": now + 600, "scopes": ["ask"]}
        self.send_response(200 if self.path == "/assistant-token" else 404)
        self.end_headers()
        self.wfile.write(jwt.encode(claims, key, "HS256").encode() if self.path == "/assistant-token" else b"")


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Portal).serve_forever()

"""Fetches codes: PORTAL_KEY_FILE=密钥文件 ASSISTANT=助手的地址 ORIGIN=门户的来源 python portal_code.py 8000"""

import json
import os
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen


class Portal(SimpleHTTPRequestHandler):
    def do_POST(self):
        if self.path != "/assistant-code":
            return self.send_error(404)
        key = Path(os.environ["PORTAL_KEY_FILE"]).read_text().strip()
        asked = {"sub": "u-1001", "dept": "信贷部", "scopes": ["ask"]}  # whoever is signed in to YOUR portal
        body = json.dumps(asked | {"origin": os.environ["ORIGIN"]}).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with urlopen(Request(os.environ["ASSISTANT"] + "/api/v1/embed/codes", body, headers), timeout=10) as reply:
            code = json.load(reply)["code"]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(code.encode())


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Portal).serve_forever()

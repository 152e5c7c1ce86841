"""The control of django-pyas2 as a peer, for a run of cases.

The receiving view runs behind gunicorn, as in production. This makes the objects of each agreement, calls the management
commands `sendas2message` and `manageas2server --async-mdns`, and tells what the database says of a message.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import traceback
from contextvars import ContextVar
from email.parser import BytesHeaderParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from django.core.management import call_command
from django.db import connections
from django.utils.text import get_valid_filename

from pyas2_site import FOLDER, MEDIA, PORT, create, enter

# Models can be imported once there is a site.
from pyas2.management.commands import sendas2message
from pyas2.models import Mdn, Message, Organization, Partner, PrivateKey, PublicCertificate

CONTROL_PORT = int(os.environ["PEER_CONTROL_PORT"])
AGREEMENTS = {}
CIPHERS = {
    "3des": "tripledes_192_cbc",
    "aes128-cbc": "aes_128_cbc",
    "aes192-cbc": "aes_192_cbc",
    "aes256-cbc": "aes_256_cbc",
}


def read(file):
    with open(file, "rb") as opened:
        return opened.read()


def agree(fields):
    """What an operator enters under /admin: keys, the organization (the peer), certificates, the partner (us)."""
    create(fields["peerId"])

    def key(name):
        pem = read(fields[f"peer{name}Key"]) + read(fields[f"peer{name}Certificate"])
        return PrivateKey.objects.create(name=name, key=pem, key_pass="")

    def certificate(name):
        return PublicCertificate.objects.create(name=name, certificate=read(fields[f"us{name}Certificate"]))

    digest = fields["digest"].replace("-", "")
    mode, _, kind = fields["mdn"].partition("-")
    signed = "signed" in fields["layers"] or (fields.get("event"), fields["direction"]) == ("unsigned", "to-peer")
    encrypted = "encrypted" in fields["layers"]
    Organization.objects.create(
        name="peer", as2_name=fields["peerId"], encryption_key=key("Decrypt"), signature_key=key("Sign")
    )
    Partner.objects.create(
        name="us",
        as2_name=fields["usId"],
        target_url=fields["usUrl"],
        compress="compressed" in fields["layers"],
        # A signature and encryption are also demanded of what comes in.
        signature=digest if signed else None,
        signature_cert=certificate("Sign"),
        encryption=CIPHERS.get(fields["cipher"], "aes_256_cbc") if encrypted else None,
        encryption_cert=certificate("Encrypt"),
        mdn=mode != "none",
        mdn_mode=mode.upper() if mode != "none" else None,
        mdn_sign=digest if kind == "signed" else None,
    )
    AGREEMENTS[fields["number"]] = fields


class NotedMessage(sendas2message.AS2Message):
    """Keeps what the command builds and tells nobody: the Message-ID and the MIC."""

    last = ContextVar("last")

    def build(self, *args, **kwargs):
        super().build(*args, **kwargs)
        self.last.set(self)


sendas2message.AS2Message = NotedMessage


def send(fields):
    """`manage.py sendas2message`, with the file where the storage has it."""
    agreement = AGREEMENTS[fields["number"]]
    enter(agreement["peerId"])
    Partner.objects.update(content_type=fields["contentType"])
    outbox = os.path.join("outbox", fields["number"])
    os.makedirs(os.path.join(MEDIA, outbox), exist_ok=True)
    file = shutil.copy(fields["file"], os.path.join(MEDIA, outbox))
    call_command("sendas2message", agreement["peerId"], agreement["usId"], os.path.relpath(file, MEDIA))
    built = NotedMessage.last.get()
    deadline = time.monotonic() + 20
    while agreement["mdn"].startswith("async") and time.monotonic() < deadline:
        # Kept in this order: the status of the message, its MDN, the files of that.
        if Mdn.objects.filter(message__message_id=built.message_id).exclude(payload="").exists():
            break
        time.sleep(0.1)
    message = Message.objects.get(message_id=built.message_id, direction="OUT")
    return {**account(message), "mic": built.mic and built.mic.decode()}


def received(fields):
    enter(AGREEMENTS[fields["number"]]["peerId"])
    message = Message.objects.filter(message_id=fields["messageId"].strip("<>"), direction="IN").first()
    if message is None or not message.payload:
        return None
    headers = BytesHeaderParser().parsebytes(message.headers.read())
    return {
        **account(message),
        "payloadFile": message.payload.path,
        "fileName": headers.get_filename(),
        "stored": len(in_inbox(message)),
    }


def in_inbox(message):
    """Files that the view handed over; it names them after the Message-ID, with something behind where there is one."""
    inbox = os.path.join(MEDIA, "messages", message.organization.as2_name, "inbox", message.partner.as2_name)
    name = get_valid_filename(message.message_id)
    return [each for each in os.listdir(inbox) if each.startswith(name)] if os.path.isdir(inbox) else []


def account(message):
    mdn = Mdn.objects.filter(message=message).first()
    report = mdn.payload.read().decode("latin-1") if mdn and mdn.payload else ""
    said = lambda name: (re.findall(rf"(?im)^{name}:\s*([^\r\n]+)", report) or [None])[0]  # noqa: E731
    asked = message.direction == "IN" or message.partner.mdn
    # The command writes that an MDN is pending when the message is sent, also over what the MDN said if that was faster.
    overwritten = message.status == "P" and mdn is not None and mdn.signed == bool(message.partner.mdn_sign)
    good = message.status == "S" or (overwritten and report and said("Disposition").endswith("processed"))
    return {
        "messageId": f"<{message.message_id}>",
        "status": "failed" if not good else "processed" if asked else "none",
        "mic": said("Received-content-MIC"),
        "disposition": said("Disposition"),
        "mdnSigned": mdn.signed if mdn else None,
        "told": f"status {message.status}: {message.detailed_status or ''}",
    }


def send_mdns():
    """`manage.py manageas2server --async-mdns`, which a deployment has in its crontab."""
    while True:
        for agreement in [each for each in AGREEMENTS.values() if each["mdn"].startswith("async")]:
            enter(agreement["peerId"])
            pending = Mdn.objects.filter(status="P")
            # The view keeps an MDN before its files; the command ends at one that has none yet.
            if pending.exists() and not pending.filter(payload="").exists():
                call_command("manageas2server", async_mdns=True, stdout=open(os.devnull, "w"))
        time.sleep(0.3)


class Control(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            fields = dict(parse_qsl(body, keep_blank_values=True))
            told = {"/agree": agree, "/send": send, "/received": received}[self.path](fields)
            if self.path == "/agree":
                self.answer(204, b"")
            elif told is None:
                self.answer(404, b"")
            else:
                known = {name: value for name, value in told.items() if value is not None}
                self.answer(200, json.dumps(known).encode())
        except Exception:
            self.answer(500, traceback.format_exc().encode())
        finally:
            connections.close_all()


def main():
    call_command("migrate", verbosity=0)
    connections.close_all()
    here = os.path.dirname(os.path.abspath(__file__))
    workers = ["--workers", str(os.cpu_count()), "--worker-class", "gthread", "--threads", "4", "--preload"]
    # Nothing of it is kept outside the folder, and connections are kept as long as the proxy before it does.
    workers += ["--no-control-socket", "--keep-alive", "75"]
    where = ["--bind", f"127.0.0.1:{PORT}", "--chdir", FOLDER, "--pythonpath", here]
    subprocess.Popen([sys.executable, "-m", "gunicorn", *workers, *where, "pyas2_site:application"])
    while True:
        try:
            socket.create_connection(("127.0.0.1", PORT), 5).close()
            break
        except OSError:
            time.sleep(0.1)
    threading.Thread(target=send_mdns, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", CONTROL_PORT), Control).serve_forever()


if __name__ == "__main__":
    main()

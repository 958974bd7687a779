#!/usr/bin/env python3
"""A pod agent in one file, with nothing but Python's standard library.

    python3 agent.py /run/metamanager/edged.sock [NODE]

It attaches to the node as `edged`, asks for everything each time (since=0),
answers each insert, update and delete, prints the pods, and reports each pod
as Running, or as gone if it is to be deleted. With the name of a NODE it
registers that node whenever the cloud is connected, so that a fresh cloud
knows it.
It shows the local link (a WebSocket on a Unix socket); it starts no containers.
"""

import base64
import hashlib
import json
import os
import socket
import struct
import sys
import time
import uuid

WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
USAGE = "usage: agent.py SOCKET [NODE]"
REPLACED = 4409  # a newer attachment took over: do not dial again
STARTED = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Link:
    """A WebSocket client (RFC 6455) on a Unix socket."""

    def __init__(self, path, target):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(45)  # the node pings after 15 s of silence
        self.sock.connect(path)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall((
            f"GET {target} HTTP/1.1\r\nHost: localhost\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._exactly(1)
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise ConnectionError("refused: " + head.split(b"\r\n")[0].decode())
        accept = base64.b64encode(
            hashlib.sha1((key + WEBSOCKET_GUID).encode()).digest())
        if accept not in head:
            raise ConnectionError("the answer does not fit the key")

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            chunk = self.sock.recv(count - len(data))
            if not chunk:
                raise ConnectionError("the node is gone")
            data += chunk
        return data

    def frame(self, opcode, payload):
        """Sends one frame; a client masks all it sends."""
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.sock.sendall(head + mask + masked)

    def messages(self):
        """Yields each message; answers pings; ends with the close code."""
        parts = b""
        while True:
            first, second = self._exactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", self._exactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self._exactly(8))
            payload = self._exactly(size)
            opcode = first & 0x0F
            if opcode == PING:
                self.frame(PONG, payload)
            elif opcode == CLOSE:
                self.frame(CLOSE, payload[:2])
                return struct.unpack("!H", payload[:2])[0] if payload else 1005
            elif opcode != PONG:
                parts += payload
                if first & 0x80:  # the last frame of the message
                    yield json.loads(parts)
                    parts = b""

    def send(self, operation, resource, content, parent=None):
        header = {"msg_id": str(uuid.uuid4()),
                  "timestamp": int(time.time() * 1000)}
        if parent:
            header["parent_msg_id"] = parent
        route = {"source": "edged", "group": "meta",
                 "operation": operation, "resource": resource}
        message = {"header": header, "route": route, "content": content}
        self.frame(TEXT, json.dumps(message).encode())


def register(link, node):
    """Tells the cloud of the node; one that knows it already says so."""
    link.send("insert", f"null/node/{node}", {
        "metadata": {"name": node, "labels": {
            "kubernetes.io/hostname": node,
            "node-role.kubernetes.io/edge": ""}}})


def status_of(pod):
    """What kubelet would report, if all had started with this agent."""
    containers = pod.get("spec", {}).get("containers", [])
    return {"phase": "Running", "startTime": STARTED, "containerStatuses": [
        {"name": container.get("name"), "image": container.get("image"),
         "ready": True, "restartCount": 0,
         "state": {"running": {"startedAt": STARTED}}}
        for container in containers]}


def report(link, parts, pod):
    """Tells how a pod is; of one that is to end, that it has ended."""
    metadata = pod.get("metadata", {})
    uid = metadata.get("uid", "")
    if metadata.get("deletionTimestamp"):
        link.send("delete", f"{parts[0]}/pod/{parts[2]}", {
            "gracePeriodSeconds": 0, "preconditions": {"uid": uid}})
        return
    link.send("update", f"{parts[0]}/podstatus/{parts[2]}", {
        "UID": uid, "Name": parts[2], "Status": status_of(pod)})


def handle(link, message, node):
    """Answers one message of the node; reports the status of its pod."""
    operation = message["route"]["operation"]
    resource = message["route"]["resource"]
    if operation == "connect":
        print(message["content"], flush=True)
        if node and message["content"] == "cloud_connected":
            register(link, node)
    if operation == "error":
        print("error:", resource, message["content"],
              file=sys.stderr, flush=True)
    if operation not in ("insert", "update", "delete"):
        return
    parts = resource.split("/")
    if len(parts) == 3 and parts[1] == "pod":
        print(operation, resource, flush=True)
        # What the node had stored before comes as updates.
        if operation != "delete":
            report(link, parts, message["content"])
    link.send("response", resource, "OK", parent=message["header"]["msg_id"])


def main(path, node=None):
    while True:
        try:
            link = Link(path, "/attach/edged?answers=true&since=0")
            print(f"attached to {path}", flush=True)
            messages = link.messages()
            while True:
                handle(link, next(messages), node)
        except StopIteration as end:
            print(f"closed {path}: {end.value}", flush=True)
            if end.value == REPLACED:
                print("another agent has attached as edged, this one ends")
                return
        except OSError as error:
            reason = error.strerror or error
            print(f"no link to {path}: {reason}", file=sys.stderr, flush=True)
        time.sleep(1)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        print(USAGE, file=sys.stderr)
        sys.exit(2)
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell expects after Ctrl-C

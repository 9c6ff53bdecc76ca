"""Both clients do what tests/clients/scenario.json says, as processes beside a running console."""

import base64
import hmac
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler
from pytest_django.live_server_helper import LiveServer

from integration.api.views import changes
from integration.feed import signing
from integration.models import Order, Stage, raise_stage
from tests.clients import typescript
from tests.clients.conftest import KEY, Brisk, forget_everything, set_level
from tests.integration.processes import wait_for

HERE = Path(__file__).parent
SCENARIO = json.loads((HERE / "scenario.json").read_text())
PATIENCE = 120

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def python_player():
    os_path = str(HERE.parent.parent / "clients" / "python")
    return [sys.executable, str(HERE / "player.py")], {"PYTHONPATH": os_path}


def typescript_player():
    return [typescript.node(), str(HERE / "player.mjs"), typescript.BUILT.as_uri()], {}


class Player:
    """A client in a process of its own: told an act by a line, and answers by one."""

    def __init__(self, command, variables, address):
        self.errors = []
        self.process = subprocess.Popen(
            [*command, address, KEY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"]} | variables,
        )
        self.lines = queue.Queue()
        self.threads = [
            threading.Thread(target=self.read, daemon=True),
            threading.Thread(target=self.listen, daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def listen(self):
        self.errors += self.process.stderr

    def tell(self, **act):
        self.process.stdin.write(json.dumps(act) + "\n")
        self.process.stdin.flush()

    def answer(self):
        answer = self.lines.get(timeout=PATIENCE)
        assert answer is not None, self.errors
        return answer

    def end(self):
        """In the middle of whatever it does, and without its having shown the key."""
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()
        assert KEY not in "".join(self.errors)


class Server(ThreadedWSGIServer):
    """Remembers whom it speaks with, so that it can hang up on them as one that ends does."""

    def __init__(self, *args, **options):
        self.callers = []
        super().__init__(*args, **options)

    def get_request(self):
        caller = super().get_request()
        self.callers.append(caller[0])
        return caller

    def hang_up(self):
        for caller in self.callers:
            with suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)


def create_server(thread, connections_override=None):
    """Django's, on an address that was in use a moment ago."""
    return Server(
        (thread.host, thread.port),
        QuietWSGIRequestHandler,
        allow_reuse_address=True,
        connections_override=connections_override,
    )


class World:
    """The console and what happens in it, as the scenario's steps name it."""

    def __init__(self, location):
        self.location = location
        self.server = LiveServer("127.0.0.1")
        self.port = self.server.thread.port

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def console_stops(self):
        server = self.server.thread.httpd
        self.server.stop()
        server.hang_up()

    def console_starts(self):
        self.server = LiveServer(f"127.0.0.1:{self.port}")

    def level(self, sku, quantity):
        set_level(self.location, sku, quantity)

    def all_is_forgotten(self):
        forget_everything()

    def order_reaches_easyecom(self, number):
        order = Order.objects.get(order_number=number)
        raise_stage(order, Stage.AWAITING_CARRIER, at=order.updated_at, easyecom_invoice_id="1")


class Play:
    def __init__(self, stage, player, values):
        self.stage, self.start, self.values = stage, player, dict(values)
        self.player = player()

    def filled(self, said):
        """With the values that it names by $."""
        if isinstance(said, str) and said.startswith("$"):
            return self.values[said[1:]]
        if isinstance(said, list):
            return [self.filled(each) for each in said]
        return said

    def do(self, step):
        if "world" in step:
            getattr(self.stage, step["world"])(*step.get("args", []))
        if "reader" in step:
            self.player.end()
            self.player = self.start()
        if "call" in step:
            self.player.tell(
                do=step["call"],
                args=self.filled(step.get("args", [])),
                options=step.get("options", {}),
                is_list="rows" in step,
            )
        if "follow" in step:
            self.player.tell(do="follow", after=self.filled(step["follow"]))
            assert self.player.answer() == {"answer": None}
        if count := step.get("take", step.get("ask")):
            self.player.tell(do="next", count=count)
        if "webhook" in step:
            self.player.tell(do="verify", **self.webhook(step["webhook"]))

    def check(self, step):
        if "refused" in step:
            refused = self.player.answer()
            assert has(refused, step["refused"]), refused
            if refused.get("cursor"):
                self.values["lost"] = refused["cursor"]
        if "answers" in step or "rows" in step:
            answer = self.player.answer()
            assert has(answer.get("answer"), step.get("answers", step.get("rows"))), answer
        if "told" in step:
            answer = self.player.answer()
            told = [[each["type"], each["data"]] for each in answer["answer"]]
            assert has(told, step["told"]), told
            self.values["cursor"] = answer["answer"][-1]["cursor"]
        if "genuine" in step:
            message = {"id": "change_7", "type": "stock.updated", "data": {"cursor": "7"}}
            assert self.player.answer() == {"answer": message}

    def webhook(self, said):
        """As the console signs it; with another key where the step says so."""
        now = int(time.time())
        message = signing.message("change_7", "stock.updated", None, {"cursor": "7"})
        secret = self.filled(said.get("signed_with", "$secret"))
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"change_7.{now}.".encode() + message.body
        signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        headers = {
            "Webhook-Id": "change_7",
            "Webhook-Timestamp": str(now),
            "Webhook-Signature": f"v1,{signature}",
        }
        body = message.body.decode() + (" " if said.get("body_is_changed") else "")
        moment = now + said.get("late", 0)
        return {
            "body": body,
            "headers": headers,
            "secrets": self.filled(said["secrets"]),
            "now": moment,
        }


def has(value, wanted):
    """Whether it is as wanted; objects may have more fields."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            name in value and has(value[name], each) for name, each in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(value, list) and len(value) == len(wanted) and all(map(has, value, wanted))
        )
    return value == wanted


@pytest.mark.parametrize("player", [python_player, typescript_player])
def test_client_plays_the_scenario(player, location, key, settings, monkeypatch):
    command, variables = player()
    watch = Brisk()
    monkeypatch.setattr(changes, "watch", watch)
    monkeypatch.setattr(LiveServerThread, "_create_server", create_server)
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    stage = World(location)
    settings.PUBLIC_URL = stage.address
    play = Play(stage, lambda: Player(command, variables, stage.address), SCENARIO["values"])
    try:
        for step in SCENARIO["steps"]:
            play.do(step)
            try:
                play.check(step)
            except AssertionError as problem:
                raise AssertionError(f"{step['why']}: {problem}") from None
    finally:
        play.player.end()
        stage.server.stop()
        wait_for(lambda: not watch.is_looking)


def test_scenario_has_a_check_of_each_thing_that_clients_must_do():
    steps = SCENARIO["steps"]
    kinds = {step["refused"]["kind"] for step in steps if "refused" in step}

    assert {"Conflict", "TooLate", "NotGenuine", "Invalid", "NotFound"} <= kinds
    assert {"console_stops", "all_is_forgotten"} <= {step.get("world") for step in steps}
    assert any("reader" in step for step in steps)

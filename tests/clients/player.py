"""Does with the Python client what it is told: `python player.py URL KEY`, a line of JSON for each
act and each answer. Nothing of the console is imported; player.mjs is the same in JavaScript."""

import json
import sys

from booon_console_client import Client, ConsoleError, Refused, verify

console = Client(*sys.argv[1:], timeout=20)
followed = None


def act(said):
    global followed
    do = said["do"]
    if do == "follow":
        followed = console.follow(said["after"], wait=1)
        return None
    if do == "next":
        return [next(followed) for _ in range(said["count"])]
    if do == "verify":
        message = verify(said["body"].encode(), said["headers"], said["secrets"], now=said["now"])
        return {"id": message.id, "type": message.type, "data": message.data}
    answer = getattr(console, do)(*said["args"], **said["options"])
    return list(answer) if said["is_list"] else answer


for line in sys.stdin:
    try:
        told = {"answer": act(json.loads(line))}
    except Refused as refusal:
        fields = sorted(error.field for error in refusal.errors)
        told = {"kind": type(refusal).__name__, "status": refusal.status, "fields": fields}
        told["cursor"] = getattr(refusal, "cursor", None)
    except ConsoleError as problem:
        told = {"kind": type(problem).__name__}
    except ValueError:
        told = {"kind": "no secret"}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()

"""What an old Python does with the client: `python3.9 oldest.py URL KEY ORDER`, with its folder in
PYTHONPATH. Prints what it saw as JSON. Nothing of the console is imported."""

import base64
import hashlib
import hmac
import json
import sys
import time

from booon_console_client import Client, NotFound, __version__, verify

url, key, body = sys.argv[1:]
secret = "whsec_" + base64.b64encode(b"s" * 32).decode()
data, sent_at = b'{"type": "stock.updated", "data": {}}', str(int(time.time()))
signed = hmac.new(b"s" * 32, b".".join([b"msg_1", sent_at.encode(), data]), hashlib.sha256)
headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": sent_at,
    "webhook-signature": "v1," + base64.b64encode(signed.digest()).decode(),
}

with Client(url, key, timeout=10) as console:
    given = console.put_order("acme", "BN-1", json.loads(body))
    try:
        console.get_order("acme", "BN-2")
    except NotFound as refusal:
        request_id = refusal.request_id
    page = console.changes()
    listed = [row["order_number"] for row in console.orders()]
message = verify(data, headers, [secret])

seen = {"stage": given["stage"], "orders": listed, "cursor": page["cursor"]}
seen.update(version=__version__, request_id=request_id, message=message.id)
sys.stdout.write(json.dumps(seen))

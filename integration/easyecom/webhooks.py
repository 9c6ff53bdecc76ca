"""What EasyEcom pushes to us: stock levels and manifested orders (contract, sections 7 and 8).

Both readers give one entry for each line, in the body's order, and a bad line never spoils the
others. They raise strict_json.Unreadable for a body that cannot be understood as a whole.
"""

from integration.easyecom import strict_json
from integration.easyecom.manifest_lines import manifest_of
from integration.easyecom.replies import BadLine, Level, Manifest
from integration.easyecom.stock_lines import level_of
from integration.easyecom.webhook_bodies import inventory_rows, order_rows


def read_inventory(body: bytes) -> tuple[Level | BadLine, ...]:
    """The levels of an Inventory Update; each is absolute, and a later line is the newer one."""
    rows = inventory_rows(strict_json.loads(body))
    return tuple(level_of(line, row) for line, row in enumerate(rows))


def read_manifested(body: bytes) -> tuple[Manifest | BadLine, ...]:
    """The shipped orders of a Manifested webhook, V1 or V2; key on their `invoice_id`."""
    rows = order_rows(strict_json.loads(body))
    return tuple(manifest_of(line, row) for line, row in enumerate(rows))

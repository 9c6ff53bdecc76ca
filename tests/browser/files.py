"""What staff upload."""

import csv
import io

from integration.demo.data import Player
from integration.orders.csv_file import EXAMPLE


def orders(player: Player, sku: str, numbers: list[str]) -> bytes:
    """A CSV file with an order of one line for each number."""
    rows = [
        EXAMPLE
        | {
            "seller": player.code,
            "order_number": number,
            "location_key": player.keys[0],
            "line_id": f"{number}-1",
            "sku": sku,
        }
        for number in numbers
    ]
    text = io.StringIO()
    sheet = csv.DictWriter(text, list(EXAMPLE))
    sheet.writeheader()
    sheet.writerows(rows)
    return text.getvalue().encode()

"""`python -m tests.bench.slow_easyecom PORT LEAST MOST`: an EasyEcom that takes its time.

It takes any order after so many seconds, however many wait, and costs little: the sandbox, which
checks what it is sent, would be what is measured.
"""

import asyncio
import json
import sys
from itertools import count
from random import Random

ids, random = count(1000), Random(1)


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, least: float, most: float
) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            lengths = [line for line in head.split("\r\n") if line.startswith("content-length:")]
            sent = await reader.readexactly(int(lengths[0].split(":")[1]) if lengths else 0)
            await asyncio.sleep(random.uniform(least, most))
            body = json.dumps(answer(head, sent)).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def answer(head: str, sent: bytes) -> dict[str, object]:
    if not head.startswith("post /webhook/v2/createorder"):
        return {"code": 400, "message": "No data found", "data": []}
    number, n = json.loads(sent)["orderNumber"], next(ids)
    found = {"Status": 200, "SuborderID": str(n), "OrderID": str(n), "InvoiceID": str(n)}
    return {"code": 200, "message": f"{number} created successfully", "data": found}


async def main(port: int, least: float, most: float) -> None:
    server = await asyncio.start_server(lambda r, w: serve(r, w, least, most), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))

"""Times as EasyEcom keeps and writes them: Indian time, without a zone."""

from datetime import UTC, datetime, timedelta, timezone

IST = timezone(timedelta(hours=5, minutes=30), "IST")
FORMAT = "%Y-%m-%d %H:%M:%S"
IST_SUFFIX = "+05:30"


def now() -> datetime:
    return datetime.now(IST)


def stamp(moment: datetime) -> str:
    """``YYYY-MM-DD HH:MM:SS``, in IST: docs/easyecom-contract.md#values."""
    return moment.astimezone(IST).strftime(FORMAT)


def read_ist(text: str) -> datetime:
    """A zoneless time that EasyEcom takes for IST. ValueError for anything else."""
    return datetime.strptime(text, FORMAT).replace(tzinfo=IST)


def read_order_date(text: str) -> datetime:
    """UTC unless it ends in ``+05:30``: docs/easyecom-contract.md#5-create-order."""
    is_ist = text.endswith(IST_SUFFIX)
    bare = text.removesuffix(IST_SUFFIX).strip().replace("T", " ", 1)
    zone = IST if is_ist else UTC
    return datetime.strptime(bare, FORMAT).replace(tzinfo=zone)

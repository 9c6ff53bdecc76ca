"""Why an order or its shipment details can't be taken as they were given."""

from collections.abc import Sequence


class Refused(Exception):
    """What was asked for can't be done; `sentence` says why, `field` what it hangs on."""

    sentence = ""
    field = ""


class UnknownLocation(Refused):
    sentence = "The seller has no location with this key."
    field = "location_key"


class Conflict(Refused):
    """It can't be done any more."""


class AlreadySent(Conflict):
    sentence = "The order is at EasyEcom, so it can't be changed or withdrawn any more."


class OnItsWay(AlreadySent):
    sentence = (
        "The order is just on its way to EasyEcom, so it can't be changed or withdrawn now. "
        "Try again in a minute."
    )


class InDoubt(AlreadySent):
    """EasyEcom may have it; whether the console looks by itself or a person has to."""

    def __init__(self, *, needs_person: bool) -> None:
        super().__init__()
        next_step = (
            "Booon's staff have to say what EasyEcom has."
            if needs_person
            else "The console looks by itself: try again later."
        )
        self.sentence = (
            "EasyEcom may have the order, so it can't be changed or withdrawn until that is "
            f"clear. {next_step}"
        )


class CancelledAtEasyEcom(AlreadySent):
    sentence = (
        "EasyEcom has the order, cancelled, so nothing more is sent about it. "
        "What is still to go out takes an order under another number."
    )


class Withdrawn(Conflict):
    sentence = "The order was withdrawn, so nothing more is sent about it."


class NumberSpent(Conflict):
    sentence = (
        "The order was withdrawn, and EasyEcom has another under its number. "
        "Give it again under another number."
    )


class Overtaken(Conflict):
    sentence = "The order was changed meanwhile. What it says now is shown; look at it again."


class BeingPrepared(Conflict):
    sentence = "The order is just being prepared for its location. Try again in a minute."
    field = "location_key"


class AlreadyAssigned(Conflict):
    """EasyEcom has the order's `awb`, which a replacement has to name."""

    field = "replaces"

    def __init__(self, awb: str) -> None:
        super().__init__()
        self.sentence = (
            f"EasyEcom has AWB {awb} for this order. To have it replaced, name it, and say why."
        )


class AwbOnItsWay(Conflict):
    sentence = (
        "Other details are just on their way to EasyEcom, or it is not clear yet whether they "
        "came there. Try again once EasyEcom has them."
    )


class AlreadyManifested(Conflict):
    sentence = "The order is manifested, so shipment details would not be sent any more."


class AwbConflict(Conflict):
    """EasyEcom holds `awbs` in the place of the order's own."""

    field = "awb_number"

    def __init__(self, awbs: Sequence[str]) -> None:
        super().__init__()
        self.sentence = (
            f"EasyEcom holds another AWB for this order: {', '.join(awbs)}. Give that one to use "
            "it, or say that yours replaces it, and why."
        )


class AwbTaken(Conflict):
    """`whose` is the order that has it."""

    field = "awb_number"

    def __init__(self, whose: str) -> None:
        super().__init__()
        self.sentence = (
            f"{whose} that is not manifested yet has this courier's AWB number. One of the two is "
            "wrong."
        )


class GivenMeanwhile(Conflict):
    sentence = "Other details were given meanwhile."


class NotAtEasyEcom(Conflict):
    sentence = "EasyEcom holds no such AWB for this order, so there is nothing to replace."
    field = "replaces"

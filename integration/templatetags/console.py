"""What templates of ours need to show rows."""

from django import template

from booon_console.lib.admin_parts import ago, badge, page_of, when
from booon_console.lib.spoken import grouped, rupees, rupees_and_paise, span
from integration.admin.calls import kind_of, sentence_of, tone_of
from integration.admin.labels import RESULT_TONES
from integration.models import ApiCall, BulkItem, Delivery

register = template.Library()
register.filter("when", when)
register.filter("ago", ago)
register.filter("span", span)
register.filter("grouped", grouped)
register.filter("rupees", rupees)
register.filter("money", rupees_and_paise)
register.filter("page", page_of)


@register.filter
def call_badge(call: ApiCall) -> str:
    return badge(tone_of(call), kind_of(call))


@register.filter
def call_sentence(call: ApiCall) -> str:
    return sentence_of(call)


@register.filter
def result_badge(item: BulkItem) -> str:
    result = BulkItem.Result(item.result)
    return badge(RESULT_TONES[result], str(result.label))


@register.filter
def said_by(delivery: Delivery) -> str:
    """What brought a level: EasyEcom's webhook, or the console's own reading."""
    return "Webhook" if delivery.source == Delivery.Source.WEBHOOK else "Read-back"

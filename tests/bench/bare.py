"""The door's reference: a plain Django view that does the same insert, and nothing else.

It asks for no token, keeps no request id, and wakes nobody.
"""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.bare_settings"
os.environ.setdefault("DATABASE_POOL", "true")

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db.models.functions import Now  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402

application = get_wsgi_application()

from integration.models import Delivery  # noqa: E402


@csrf_exempt
def store(request: HttpRequest, endpoint_id: str, location_id: int, topic: str) -> JsonResponse:
    Delivery.objects.create(
        endpoint_id=endpoint_id,
        location_id=location_id,
        topic=topic,
        body=request.body,
        size=len(request.body),
        received_at=Now(),
    )
    return JsonResponse({"received": True})


urlpatterns = [path("bare/<str:endpoint_id>/<int:location_id>/<str:topic>", store)]

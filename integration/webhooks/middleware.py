"""The webhooks' way in, past what only pages and staff need."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import resolve

PREFIX = "/webhooks/"


class WebhookMiddleware:
    """Answers EasyEcom's addresses itself. Sessions, log-in, messages, CSRF and policies for
    browsers stand behind it; what every request gets, its id and its log line too, before it.

    What is raised here becomes the same error page as elsewhere: Django wraps each middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        # Raises DisallowedHost, which CommonMiddleware asks for elsewhere.
        request.get_host()
        match = request.resolver_match = resolve(request.path_info)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

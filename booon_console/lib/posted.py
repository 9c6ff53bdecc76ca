"""What a page that takes a POST alone says to whoever opens its address otherwise."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect


def lead_back(request: HttpRequest, page: str) -> HttpResponse:
    """Back, a bookmark or a typed address leads to the page where the act stands, which asks for
    its own permissions. Any other method is none of ours."""
    if request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(page)
    return HttpResponseNotAllowed(["POST"])

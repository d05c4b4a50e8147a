"""How a refusal is said to programs: the one shape of the API, also where no API view was reached."""

from django.http import JsonResponse


def problem(status: int, code: str, sentence: str) -> JsonResponse:
    kind = "server_error" if status >= 500 else "client_error"
    error = {"code": code, "detail": sentence, "attr": None}
    return JsonResponse({"type": kind, "errors": [error]}, status=status)

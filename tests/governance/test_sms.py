"""SMS: files in the demo, one HTTPS address in production, quiet hours, label and link."""

import datetime as dt
import json

import httpx2
import pytest

from imis_ai.governance.messages import mail, sms
from imis_ai.governance.messages.sms_webhook import Webhook
from tests.factories.mirror import PaymentFactory
from tests.governance.posting import Post


@pytest.mark.django_db
class TestSms:
    @pytest.fixture(autouse=True)
    def folder(self, settings, tmp_path):
        settings.SMS_URL, settings.SMS_FILE_PATH = "", tmp_path / "sms"
        settings.TIME_ZONE = "America/Chicago"

    def test_a_text_becomes_a_file_and_waits_for_the_morning(self, settings):
        post = Post("sms")
        post.approve()
        night = dt.datetime(2026, 6, 2, 2, tzinfo=dt.UTC)  # 21:00 in Chicago
        waiting = post.deliver(night)
        assert (waiting.state, waiting.next_try_at) == ("queued", dt.datetime(2026, 6, 2, 14, tzinfo=dt.UTC))

        done = post.deliver(dt.datetime(2026, 6, 2, 14, 1, tzinfo=dt.UTC))

        [file] = settings.SMS_FILE_PATH.iterdir()
        assert done.state == "done"
        assert file.name == f"{done.reference}.txt"
        assert file.read_text().startswith("To: +13125550142\n\nDear Dana,")

    @pytest.mark.row("GOV-32")
    def test_an_automatic_one_carries_label_and_link(self, settings):
        for number in range(25):
            PaymentFactory(amount=1000 + number, received_on=dt.date(2025, 1, 1))
        post = Post("sms", is_automatic=True)
        post.approve()
        post.deliver()

        [file] = settings.SMS_FILE_PATH.iterdir()
        assert (
            "Automated message. Stop or reach a person: https://alder.example/stop/IAI-" in file.read_text()
        )

    @pytest.mark.parametrize(
        ("code", "is_final"), [(400, True), (422, True), (401, True), (429, False), (409, False)]
    )
    def test_a_service_that_refuses_has_not_taken_it(self, code, is_final):
        service = Webhook("https://sms.example/send", "t", transport=answering(code))
        with pytest.raises(mail.NotTaken) as refused:
            service.send(to="+1", text="Hello", reference="IAI-1")
        assert refused.value.is_final is is_final

    @pytest.mark.parametrize("code", [301, 302, 500, 502, 504])
    def test_a_service_that_breaks_off_is_never_asked_again_by_itself(self, code):
        with pytest.raises(mail.Unclear):
            Webhook("https://sms.example", "t", transport=answering(code)).send(
                to="1", text="x", reference="r"
            )

    def test_it_is_told_number_text_and_reference_over_https_only(self):
        seen = []
        service = Webhook("https://sms.example/send", "secret", transport=answering(202, seen))
        service.send(to="+1312", text="Hello", reference="IAI-1")

        [request] = seen
        assert json.loads(request.content) == {"to": "+1312", "text": "Hello", "reference": "IAI-1"}
        assert request.headers["Idempotency-Key"] == "IAI-1"
        assert request.headers["Authorization"] == "Bearer secret"
        with pytest.raises(ValueError, match="https"):
            Webhook("http://sms.example", "")

    def test_the_demo_never_has_a_service(self, settings):
        assert isinstance(sms.service(), sms.Files)


def answering(code: int, seen: list | None = None) -> httpx2.MockTransport:
    def answer(request):
        if seen is not None:
            request.read()
            seen.append(request)
        return httpx2.Response(code, headers={"Location": "https://elsewhere.example"})

    return httpx2.MockTransport(answer)

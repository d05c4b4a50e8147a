"""Webhooks that leave: signed, at least once, never to an inner network, never silently lost."""

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from imis_ai.governance import audit, proposals
from imis_ai.governance.models import AuditEntry
from imis_ai.governance.refusals import Blocked, NotAllowed
from imis_ai.governance.rollout import actions as rollout
from imis_ai.integrations.actions import webhooks as actions
from imis_ai.integrations.models import Delivery, Webhook
from imis_ai.integrations.webhooks import delivering, notice, post
from imis_ai.integrations.webhooks.secret import headers, secret_of
from imis_ai.jobs.actions import run_inline
from tests.factories.accounts import UserFactory
from tests.factories.governance import ProposalFactory
from tests.factories.integrations import DeliveryFactory, WebhookFactory

pytestmark = pytest.mark.django_db
State = Delivery.State
HOUR = dt.timedelta(hours=1)


class Receiver:
    """A system on loopback. `answers` are given in turn, the last one for ever."""

    def __init__(self, *answers: int) -> None:
        self.answers, self.taken = list(answers or [204]), []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.taken.append((dict(self.headers), body))
                status = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", f"http://127.0.0.1:{outer.server.server_port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_INNER_HOSTS = ["127.0.0.1"]
    made = []

    def start(*answers):
        made.append(Receiver(*answers))
        return made[-1]

    yield start
    for each in made:
        each.server.shutdown()
        each.server.server_close()


@pytest.fixture
def admin():
    return UserFactory(role="admin", email="marta@example.org")


def register(admin, address, wanted=("proposal.decided",)):
    return actions.register(name="CRM", address=address, wanted=wanted, by=admin, now=timezone.now())


def turn(now=None):
    return delivering.deliver_due(
        clock=lambda: now or timezone.now(), post=post.post, checkpoint=lambda: None
    )


def decide():
    made = ProposalFactory(kind="retention.scores", imis_id="104482", title="About somebody")
    proposals.reject(proposal=made, reason="timing", by=UserFactory(role="membership"), now=timezone.now())
    return made


def test_a_decision_reaches_the_receiver_signed_and_without_personal_data(admin, receiver):
    there = receiver()
    decide()
    webhook = register(admin, there.address)
    made = decide()

    run_inline(name="webhooks.deliver", now=timezone.now())

    ((sent, body),) = there.taken
    told = Verifier(secret_of(webhook, webhook.nonce)).verify(body, sent)
    assert told["type"] == "proposal.decided"
    assert told["data"] == {"proposal": made.pk, "action": "proposal.reject"}
    assert "104482" not in body + str(sent)
    assert Delivery.objects.get().state == State.DONE
    with pytest.raises(WebhookVerificationError):
        Verifier(secret_of(webhook, "another")).verify(body, sent)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret_of(webhook, webhook.nonce)).verify(body.replace("reject", "approve"), sent)


def test_each_event_is_told_once_however_often_the_job_runs(admin, receiver):
    there = receiver()
    register(admin, there.address)
    for _ in range(3):
        decide()

    for _ in range(3):
        turn()

    assert len(there.taken) == 3
    assert len({sent["webhook-id"] for sent, _ in there.taken}) == 3
    assert not delivering.is_due(timezone.now())


def test_a_receiver_that_fails_hears_the_same_message_later(admin, receiver):
    there = receiver(500, 503, 204)
    webhook = register(admin, there.address)
    decide()
    now = timezone.now()

    turn(now)
    waiting = Delivery.objects.get()
    assert (waiting.state, waiting.tries, waiting.answer) == (State.WAITING, 1, "Answered 500.")
    turn(now)
    assert len(there.taken) == 1
    assert Webhook.objects.get().failing_since is not None
    turn(now + HOUR)
    turn(now + 2 * HOUR)

    assert len({(sent["webhook-id"], body) for sent, body in there.taken}) == 1
    assert len(there.taken) == 3
    assert Delivery.objects.get().state == State.DONE
    webhook.refresh_from_db()
    assert (webhook.failing_since, webhook.is_on) == (None, True)


def test_a_message_whose_worker_died_goes_again_under_its_number(admin, receiver):
    there = receiver()
    register(admin, there.address)
    decide()
    now = timezone.now()
    delivering.make_deliveries(now=now)
    lost = delivering._claim(now)

    turn(now)
    assert there.taken == []
    turn(now + 2 * delivering.LEASE)

    assert [sent["webhook-id"] for sent, _ in there.taken] == [lost.message_id]


def test_after_days_of_failure_it_is_switched_off_loudly_and_nothing_is_lost(admin, receiver):
    there = receiver(500)
    register(admin, there.address)
    decide()
    now = timezone.now()

    turn(now)
    done = turn(now + dt.timedelta(days=5))
    notice.tell(done.switched_off)

    webhook = Webhook.objects.get()
    assert not webhook.is_on
    assert "Nothing was taken for 5 days. Answered 500." in webhook.off_reason
    assert AuditEntry.objects.latest("seq").action == "webhook.switched_off"
    assert mail.outbox[0].to == ["marta@example.org"]
    assert "switched off" in mail.outbox[0].body
    decide()
    turn(now + dt.timedelta(days=6))
    assert len(there.taken) == 2
    there.answers = [204]
    actions.switch_on(webhook=webhook, by=admin, now=now + dt.timedelta(days=7))
    turn(now + dt.timedelta(days=7))
    assert list(Delivery.objects.values_list("state", flat=True)) == [State.DONE, State.DONE]


def test_a_message_is_given_up_after_its_last_try_and_a_person_can_send_it_again(admin, receiver):
    there = receiver(500)
    delivery = DeliveryFactory(webhook=WebhookFactory(address=there.address), tries=len(delivering.PAUSES))
    turn()
    delivery.refresh_from_db()
    assert delivery.state == State.GIVEN_UP

    there.answers = [204]
    actions.again(delivery=delivery, by=admin, now=timezone.now())
    turn()

    delivery.refresh_from_db()
    assert (delivery.state, len(there.taken)) == (State.DONE, 2)


def test_a_receiver_that_is_gone_is_switched_off_at_once(admin, receiver):
    register(admin, receiver(410).address)
    decide()

    turn()

    assert "410" in Webhook.objects.get(is_on=False).off_reason


def test_a_redirect_is_not_followed(admin, receiver):
    there = receiver(302)
    register(admin, there.address)
    decide()

    turn()

    assert len(there.taken) == 1
    assert Delivery.objects.get().answer == "Answered 302."


def test_the_stop_for_everything_that_leaves_stops_these_too(admin, receiver):
    there = receiver()
    register(admin, there.address)
    decide()
    rollout.pause(reason="a look first", by=admin, now=timezone.now())

    turn()
    assert there.taken == []
    assert Delivery.objects.get().state == State.WAITING
    assert not delivering.is_due(timezone.now())
    rollout.resume(reason="looked", by=admin, now=timezone.now())
    turn()

    assert len(there.taken) == 1


def test_a_new_secret_signs_beside_the_old_one_for_a_day(admin):
    webhook = WebhookFactory()
    old, now = secret_of(webhook, webhook.nonce), timezone.now()

    new = actions.rotate(webhook=webhook, by=admin, now=now)
    webhook.refresh_from_db()

    def verifies(secret, at):
        sent = headers(webhook=webhook, message_id="msg_1", body="{}", now=at)
        sent["webhook-timestamp"] = str(int(at.timestamp()))
        expected = Verifier(secret).sign("msg_1", at.replace(microsecond=0), "{}")
        return expected in sent["webhook-signature"].split()

    assert (verifies(old, now), verifies(new, now)) == (True, True)
    later = now + 25 * HOUR
    assert (verifies(old, later), verifies(new, later)) == (False, True)
    assert new not in str(list(Webhook.objects.values())) + str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example.org/", "ftp://hooks.example.org/", "hooks.example.org", "", "https://",
        "https://user:word@hooks.example.org/", "https://hooks.example.org/#x", "https://hooks.example.org/\\x",
        "https://hooks.example.org:0/", " https://hooks.example.org/", "https://hooks.exämple.org/",
    ],
)  # fmt: skip
def test_an_address_that_is_not_plain_https_is_not_registered(admin, address):
    with pytest.raises(Blocked):
        register(admin, address)

    assert not Webhook.objects.exists()


def test_nothing_leaves_the_demo(admin, settings):
    settings.DEMO = True

    with pytest.raises(Blocked, match="nothing leaves it"):
        register(admin, "https://hooks.example.org/imis")
    with pytest.raises(post.NotTaken, match="nothing leaves it"):
        post.post(address="https://hooks.example.org/imis", headers={}, body="{}")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001"],
)
def test_no_message_goes_to_an_inner_network(receiver, settings, host):
    there = receiver()
    settings.WEBHOOK_INNER_HOSTS = []

    with pytest.raises(post.NotTaken, match=r"inner network|could not be reached"):
        post.post(address=f"https://{host}:{there.server.server_port}/", headers={}, body="{}")

    assert there.taken == []


def test_only_administrators_change_webhooks(admin, receiver):
    webhook, person = WebhookFactory(), UserFactory(role="membership")
    now = timezone.now()
    for act in (actions.rotate, actions.switch_off, actions.switch_on, actions.test):
        with pytest.raises(NotAllowed):
            act(webhook=webhook, by=person, now=now)


def test_published_scores_are_an_event_and_every_action_of_an_event_is_one_that_happens(admin, receiver):
    there = receiver()
    register(admin, there.address, wanted=["score.published"])
    audit.record(action="retention.scored", by=None, now=timezone.now(), about=("score run", "7"))

    turn()

    assert json.loads(there.taken[0][1])["data"] == {"score_run": 7, "action": "retention.scored"}


def test_the_pages_add_test_and_show(client, admin, receiver):
    there = receiver()
    client.force_login(admin)
    form = {"name": "CRM", "address": there.address, "events": ["proposal.decided"]}
    assert client.post("/settings/api/webhooks/new/", form | {"address": "http://x"}).status_code == 422

    page = client.post("/settings/api/webhooks/new/", form).content.decode()
    webhook = Webhook.objects.get()
    assert secret_of(webhook, webhook.nonce) in page
    client.post(f"/settings/api/webhooks/{webhook.pk}/test/")
    turn()
    page = client.get(f"/settings/api/webhooks/{webhook.pk}/").content.decode()

    assert len(there.taken) == 1
    assert "Delivered" in page
    assert "Answered 204." in page
    assert secret_of(webhook, webhook.nonce) not in page
    client.post(f"/settings/api/webhooks/{webhook.pk}/off/")
    assert "Switched off by" in client.get("/settings/api/webhooks/").content.decode()

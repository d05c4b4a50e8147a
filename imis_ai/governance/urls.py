"""Addresses of governance."""

from django.urls import path

from imis_ai.governance.views import approvals, people, reviews

urlpatterns = [
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:proposal_id>/", approvals.item, name="approval"),
    path("approvals/<int:proposal_id>/<slug:what>/", approvals.decide, name="approval_decide"),
    path("settings/people/", people.people, name="people"),
    path("settings/people/invite/", people.invite, name="people_invite"),
    path("settings/people/review/", reviews.reviews, name="reviews"),
    path("settings/people/review/start/", reviews.start, name="review_start"),
    path("settings/people/review/lines/<int:line_id>/", reviews.judge, name="review_judge"),
    path("settings/people/review/<str:quarter>/", reviews.report, name="review_report"),
    path("settings/people/changes/<int:change_id>/agree/", people.agree, name="rights_agree"),
    path("settings/people/changes/<int:change_id>/decline/", people.decline, name="rights_decline"),
    path("settings/people/<int:person_id>/", people.person, name="person"),
    path("settings/people/<int:person_id>/rights/", people.change, name="person_rights"),
    path("settings/people/<int:person_id>/again/", people.again, name="person_again"),
    path("settings/people/<int:person_id>/forget/", people.forget_second_step, name="person_forget"),
    path("settings/people/<int:person_id>/remove/", people.remove, name="person_remove"),
]

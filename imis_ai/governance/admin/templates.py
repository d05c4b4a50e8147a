"""Templates in the admin: a form that writes a version, its check, three previews, versions with diffs."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from imis_ai.governance.admin.versioned import VersionedAdmin
from imis_ai.governance.messages import drafts, facts, templates
from imis_ai.governance.models import Channel, Template, TemplateVersion

AREAS = ("retention", "segments", "tiers", "sentiment", "renewals")


class TemplateForm(forms.ModelForm):
    area = forms.ChoiceField(choices=[(area, area) for area in AREAS])
    subject = forms.CharField(
        required=False, max_length=150, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    body = forms.CharField(widget=forms.Textarea(attrs={"rows": 14, "class": "vLargeTextField"}))
    tone = forms.ChoiceField(choices=TemplateVersion.Tone.choices)
    language = forms.CharField(max_length=10, initial="en")
    allowed_fields = forms.MultipleChoiceField(
        required=False, help_text="Facts that this text may state. None chosen: any of them."
    )
    note = forms.CharField(
        required=False,
        max_length=300,
        label="Why it is changed",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    class Meta:
        model = Template
        fields = ("name", "area", "channel", "purpose", "use")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        known = facts.known_names()
        if "body" not in self.fields:
            return  # somebody who only reads
        self.fields["allowed_fields"].choices = list(known.items())
        self.fields["body"].help_text = (
            "A fact: {{ first_name }}. A sentence that is left out when its fact is not known:"
            " [[You attended {{ events_attended }}.]] Facts: " + ", ".join(known)
        )
        newest = self.instance.versions.first() if self.instance.pk else None
        if newest:
            for name in ("subject", "body", "tone", "language", "allowed_fields"):
                self.fields[name].initial = getattr(newest, name)


@admin.register(Template)
class TemplateAdmin(VersionedAdmin):
    form = TemplateForm
    versions = TemplateVersion
    steps = {
        "submit": templates.submit,
        "approve": templates.approve,
        "send_back": templates.send_back,
        "retire": templates.retire,
    }
    change_form_template = "governance/admin/template.html"
    list_display = ("name", "area", "channel", "live", "waiting")
    list_filter = ("area", "channel")
    search_fields = ("name", "purpose")
    fields = (
        "name",
        "area",
        "channel",
        "purpose",
        "use",
        "subject",
        "body",
        "tone",
        "language",
        "allowed_fields",
        "note",
    )

    def of(self, version: TemplateVersion) -> Template:
        return version.template

    def save_version(self, request: HttpRequest, row: Template, entered: dict[str, Any]) -> TemplateVersion:
        text = templates.Text(
            entered["subject"],
            entered["body"],
            entered["tone"],
            entered["language"],
            entered["allowed_fields"],
        )
        version = templates.save(
            template=row, text=text, by=request.user, now=timezone.now(), note=entered["note"]
        )
        for finding in templates.findings(text=text, channel=row.channel):
            level = messages.ERROR if finding.is_block else messages.WARNING
            messages.add_message(request, level, finding.sentence)
        return version

    def beside(self, request: HttpRequest, version: TemplateVersion) -> dict[str, Any]:
        """The check, three members, and earlier versions."""
        return {
            "findings": templates.findings(text=templates.text_of(version), channel=version.template.channel),
            "previews": drafts.previews(version=version, viewer=request.user, now=timezone.now()),
            "history": templates.history(version.template),
            "is_sms": version.template.channel == Channel.SMS,
        }

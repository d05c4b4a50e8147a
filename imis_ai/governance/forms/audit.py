"""Input of the pages of governance."""

from django import forms

from imis_ai.governance.audit.search import Filters

OFTEN = ("who", "what", "member", "since", "until")


class AuditFilterForm(forms.Form):
    """Every field may stay empty. What cannot be read is left out and said."""

    who = forms.CharField(label="Person", required=False, max_length=150)
    what = forms.CharField(label="Action", required=False, max_length=80)
    object = forms.CharField(label="Object", required=False, max_length=200)
    member = forms.CharField(label="Member number", required=False, max_length=60)
    area = forms.CharField(label="Area", required=False, max_length=20)
    since = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    version = forms.CharField(label="Model version", required=False, max_length=60)
    approval = forms.CharField(label="Approval number", required=False, max_length=20)

    def filters(self) -> Filters:
        self.is_valid()
        return Filters(**{name: value for name, value in self.cleaned_data.items() if value})

    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in OFTEN]

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in OFTEN]

    def uses_more(self) -> bool:
        return any(field.value() for field in self.more())

"""Forms of the page on people and rights: words in, clean values out."""

from decimal import Decimal
from typing import Any

from django import forms

from imis_ai.accounts.duties import Held, clashes
from imis_ai.accounts.models import User
from imis_ai.accounts.rights import EXTRAS
from imis_ai.mirror import access


class RightsForm(forms.Form):
    """Everything somebody may hold; pairs that may not meet are said here, with the reason."""

    role = forms.ChoiceField(label="Role", choices=User.Role.choices, widget=forms.RadioSelect)
    chapters = forms.MultipleChoiceField(
        label="Chapters",
        help_text="For chapter managers.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    approval_limit = forms.DecimalField(
        label="Limit in money",
        help_text="What this person may approve alone. Empty or 0: a second person always.",
        required=False,
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=2,
        localize=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    extras = forms.MultipleChoiceField(
        label="Rights given to this person",
        required=False,
        choices=[(name, f"{extra.label}: {extra.does}") for name, extra in EXTRAS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label="Reason", help_text="Kept with the change.", max_length=200, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = access.chapter_names()
        self.fields["chapters"].choices = list(names.items())
        if not names:
            del self.fields["chapters"]

    def clean(self) -> dict:
        cleaned = super().clean()
        if not self.errors:
            for problem in clashes(self.held()):
                self.add_error(None, problem)
        return cleaned

    def held(self) -> Held:
        """What was chosen. Only after cleaning."""
        given = self.cleaned_data
        return Held(
            given["role"],
            tuple(sorted(given.get("chapters", ()))),
            given.get("approval_limit") or Decimal(0),
            tuple(name for name in EXTRAS if name in given["extras"]),
        )

    @classmethod
    def of(cls, held: Held, data: Any = None) -> "RightsForm":
        """Filled with what somebody holds."""
        initial = {
            "role": held.role,
            "chapters": held.chapters,
            "approval_limit": f"{held.approval_limit:.2f}" if held.approval_limit else "",
            "extras": held.extras,
        }
        return cls(data, initial=initial)


class InviteForm(RightsForm):
    name = forms.CharField(label="Name", max_length=200, help_text="As colleagues see it.")
    username = forms.CharField(label="Name for signing in", max_length=150)
    email = forms.EmailField(label="E-mail", help_text="The link goes there.")
    field_order = ("name", "username", "email", "role", "chapters", "approval_limit", "extras")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]

    def clean_username(self) -> str:
        name = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(f"Somebody signs in as {name} already. Choose another name.")
        return name

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError("Somebody has this address already. Each person needs their own.")
        return email


class LeavingForm(forms.Form):
    """Who takes over what is open."""

    successor = forms.ModelChoiceField(
        label="Who takes over", queryset=User.objects.none(), empty_label="Choose", required=False
    )

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = User.objects.filter(pk__in=[one.pk for one in people])
        self.fields["successor"].widget.attrs["class"] = "inp"

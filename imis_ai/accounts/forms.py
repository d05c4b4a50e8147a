"""Forms of the account pages."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.base.forms import BaseAuthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.http import HttpRequest

from imis_ai.accounts import notices
from imis_ai.accounts.models import User


class PreferencesForm(forms.Form):
    theme = forms.ChoiceField(label="Theme", choices=User.Theme.choices, widget=forms.RadioSelect)
    density = forms.ChoiceField(label="Row height", choices=User.Density.choices, widget=forms.RadioSelect)
    has_shortcuts = forms.BooleanField(
        label="Single-key shortcuts",
        help_text="j, k, x and others act on lists. Off inside text fields in any case.",
        required=False,
    )


class NoticesForm(forms.Form):
    """What one is told of; what cannot be switched off is not asked."""

    kinds = forms.MultipleChoiceField(
        label="Tell me of",
        choices=[(name, notice.label) for name, notice in notices.KINDS.items() if notice.can_be_off],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="“Refused by iMIS” is always told.",
    )
    digest_hour = forms.TypedChoiceField(
        label="Daily e-mail",
        choices=[("", "None"), *[(hour, f"{hour:02}:00") for hour in range(24)]],
        coerce=int,
        empty_value=None,
        required=False,
        help_text="Counts and links, no names. In the association's time zone.",
        widget=forms.Select(attrs={"class": "inp"}),
    )

    @classmethod
    def of(cls, user: User, data: Any = None) -> "NoticesForm":
        on = [name for name in notices.KINDS if name not in user.notices_off]
        return cls(data, initial={"kinds": on, "digest_hour": user.digest_hour})

    def off(self) -> list[str]:
        asked = dict(self.fields["kinds"].choices)
        return [name for name in asked if name not in self.cleaned_data["kinds"]]


class ConfirmForm(forms.Form):
    """One answer that shows who one is: the code of the app where there is one, else the password."""

    def __init__(self, *args: Any, user: User, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.request = user, request
        self.has_app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
        if self.has_app:
            self.fields["answer"] = forms.CharField(
                label="Code",
                help_text="The six digits your authenticator app shows now, or a recovery code.",
                widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
            )
        else:
            self.fields["answer"] = forms.CharField(
                label="Password",
                strip=False,
                widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            )

    def clean_answer(self) -> str:
        answer = self.cleaned_data["answer"]
        if self.has_app:
            MfaForm(user=self.user, data={"code": answer}).check()
        elif not get_adapter(self.request).reauthenticate(self.user, answer):
            raise forms.ValidationError("This password is not right.")
        return answer


class MfaForm(BaseAuthenticateForm):
    def check(self) -> None:
        """Raises ValidationError unless the code is right; each works once, and guessing is slowed."""
        if not self.is_valid():
            raise forms.ValidationError(self.errors["code"])

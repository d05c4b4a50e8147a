"""Forms of the account pages."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.base.forms import BaseAuthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.http import HttpRequest

from imis_ai.accounts.models import User


class PreferencesForm(forms.Form):
    theme = forms.ChoiceField(label="Theme", choices=User.Theme.choices, widget=forms.RadioSelect)
    density = forms.ChoiceField(label="Row height", choices=User.Density.choices, widget=forms.RadioSelect)
    has_shortcuts = forms.BooleanField(
        label="Single-key shortcuts",
        help_text="j, k, x and others act on lists. Off inside text fields in any case.",
        required=False,
    )


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

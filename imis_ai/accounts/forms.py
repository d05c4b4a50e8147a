"""Forms of the account pages."""

from django import forms

from imis_ai.accounts.models import User


class PreferencesForm(forms.Form):
    theme = forms.ChoiceField(label="Theme", choices=User.Theme.choices, widget=forms.RadioSelect)
    density = forms.ChoiceField(label="Row height", choices=User.Density.choices, widget=forms.RadioSelect)
    has_shortcuts = forms.BooleanField(
        label="Single-key shortcuts",
        help_text="j, k, x and others act on lists. Off inside text fields in any case.",
        required=False,
    )

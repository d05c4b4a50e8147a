"""Whom chosen members are given to."""

from django import forms

from imis_ai.governance import owners


class OwnerForm(forms.Form):
    person = forms.ChoiceField(
        label="Who looks after them", required=False, widget=forms.Select({"class": "inp"})
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in owners.people()}
        named = [
            (key, f"{person}, {person.get_role_display().lower()}") for key, person in self.people.items()
        ]
        self.fields["person"].choices = [("", "Whom iMIS names"), *named]

    def chosen(self):
        """None: nobody of ours."""
        return self.people.get(self.cleaned_data["person"])

"""Members at risk as other systems read them. Read only; chances are 0 to 1."""

from rest_framework import serializers


class ChanceSerializer(serializers.Serializer):
    """A chance with its 80 % range."""

    risk = serializers.FloatField(min_value=0, max_value=1)
    low = serializers.FloatField(min_value=0, max_value=1, allow_null=True)
    high = serializers.FloatField(min_value=0, max_value=1, allow_null=True)


class FactorSerializer(serializers.Serializer):
    feature = serializers.CharField()
    sentence = serializers.CharField()
    evidence = serializers.CharField(allow_blank=True)
    weight = serializers.FloatField(help_text="0 to 1, strongest first")
    direction = serializers.ChoiceField(choices=["raises", "lowers"])


class MemberRiskSerializer(serializers.Serializer):
    """One member's score. `abstained` says why there is none; it is empty where there is one."""

    imis_id = serializers.CharField()
    name = serializers.CharField(help_text="initials where you may not see names")
    tier = serializers.CharField(allow_blank=True)
    chapter = serializers.CharField(allow_blank=True)
    band = serializers.ChoiceField(choices=["high", "medium", "low", ""], help_text="at the asked horizon")
    within_30_days = ChanceSerializer(allow_null=True)
    within_60_days = ChanceSerializer(allow_null=True)
    within_90_days = ChanceSerializer(allow_null=True)
    at_next_renewal = ChanceSerializer(allow_null=True)
    lapse_on = serializers.DateField(allow_null=True, help_text="most likely date")
    lapse_from = serializers.DateField(allow_null=True)
    lapse_to = serializers.DateField(allow_null=True)
    renews_on = serializers.DateField(allow_null=True)
    dues = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    value = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    worth_a_call = serializers.FloatField(allow_null=True, help_text="money likely kept by a call")
    worth_by = serializers.ChoiceField(choices=["estimate", "uplift"], help_text="how that was found")
    leave_alone_because = serializers.CharField(allow_blank=True)
    factors = FactorSerializer(many=True)
    abstained = serializers.CharField(allow_blank=True)
    as_of = serializers.DateField()
    model = serializers.CharField(help_text="name and version")


class PointSerializer(serializers.Serializer):
    """A talking point: a fact, where it stands, the day of the fact."""

    text = serializers.CharField()
    source = serializers.CharField()
    on = serializers.DateField()


class CallSerializer(serializers.Serializer):
    """One call of the period."""

    id = serializers.IntegerField()
    imis_id = serializers.CharField()
    name = serializers.CharField(help_text="initials where you may not see names")
    why = serializers.CharField()
    worth = serializers.DecimalField(max_digits=14, decimal_places=2)
    worth_by = serializers.ChoiceField(choices=["estimate", "uplift"])
    points = PointSerializer(many=True)
    best_hour = serializers.CharField(allow_blank=True, help_text="empty: not known")
    owner = serializers.CharField(allow_blank=True)
    state = serializers.CharField()
    outcome = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class DraftSerializer(serializers.Serializer):
    """One draft of a message. Its text and facts stand in the proposal of the same id."""

    id = serializers.IntegerField()
    imis_id = serializers.CharField()
    state = serializers.CharField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    channel = serializers.CharField()
    channel_reason = serializers.CharField(allow_blank=True)
    template_version = serializers.IntegerField()
    is_automatic = serializers.BooleanField(help_text="drafted so that a policy may approve it")
    purpose = serializers.CharField(allow_blank=True)
    stage = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True, help_text="group of the strongest reason")
    occasion = serializers.CharField(allow_blank=True, help_text="last day of the term it is about")
    offer = serializers.CharField(allow_blank=True)


class CampaignSerializer(serializers.Serializer):
    """Influenced is contacted and renewed; caused is the difference to members left alone, once known."""

    id = serializers.IntegerField(help_text="0: what was sent outside of comparisons")
    name = serializers.CharField()
    drafted = serializers.IntegerField()
    approved = serializers.IntegerField()
    sent = serializers.IntegerField()
    opened = serializers.IntegerField()
    replied = serializers.IntegerField()
    stopped = serializers.IntegerField(help_text="asked to stop")
    staff_minutes = serializers.IntegerField()
    influenced = serializers.IntegerField()
    verdict = serializers.CharField()
    caused_members = serializers.FloatField(allow_null=True)
    money_kept = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    money_low = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    money_high = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)


class EvidenceSerializer(serializers.Serializer):
    reason = serializers.CharField(help_text="key of the reason it speaks for")
    text = serializers.CharField()
    on = serializers.DateField()


class LapseSerializer(serializers.Serializer):
    """One lapse with its main reason; `said_by` is empty where nobody has said otherwise."""

    name = serializers.CharField(help_text="initials where you may not see names")
    left_on = serializers.DateField()
    resigned = serializers.BooleanField()
    reason = serializers.CharField()
    whose = serializers.ChoiceField(choices=["ours", "theirs", "nobodys", "unknown"])
    goes_to = serializers.ChoiceField(choices=["offer", "reminder", "apology", "payer", "retired", "never"])
    confidence = serializers.FloatField(min_value=0, max_value=1)
    said_by = serializers.CharField(allow_blank=True)
    evidence = EvidenceSerializer(many=True)
    would_return = ChanceSerializer(allow_null=True)


class CohortSerializer(serializers.Serializer):
    """One group whose terms end in the quarter; shares are 0 to 1."""

    cohort = serializers.CharField()
    quarter = serializers.CharField()
    members = serializers.IntegerField()
    expected = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    last_year = serializers.FloatField(allow_null=True)
    change = serializers.FloatField(allow_null=True)
    dues = serializers.DecimalField(max_digits=14, decimal_places=2)
    past_error = serializers.FloatField(allow_null=True)
    hours = serializers.DecimalField(max_digits=7, decimal_places=1, allow_null=True)
    money = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)

"""The whitelist: nothing else in iMIS is ever written. Labels, scores, factors and words that staff approved.

There is no column for what a model was fed with; amounts change in iMIS by hand only.
"""

from imis_ai.imis.targets.base import REFERENCE_LENGTH, Column, Shape, Target

REFERENCE = "Reference"
ACTIVITY_TYPE = "AIOUT"
OPEN, DONE = "open", frozenset({"done", "completed", "complete", "closed"})


def _text(name: str, wire: str, length: int, **more: bool | str) -> Column:
    return Column(name, wire, "text", length, **more)  # type: ignore[arg-type]


RUN = _text("run_key", "RunKey", 40, is_needed=True, caption="Which list or model")
MODEL = _text("model", "ModelVersion", 40, caption="Model version")
LINK = _text("link", "Link", 200, caption="Opens it in imis_ai")
SCORED = Column("scored_on", "ScoredOn", "moment", caption="Scored on")
FACTORS = tuple(_text(f"factor_{n}", f"Factor{n}", 100, caption=f"Reason {n}") for n in (1, 2, 3))
RANGE = (
    Column("low", "ScoreLow", "whole", caption="Range from"),
    Column("high", "ScoreHigh", "whole", caption="Range to"),
)

_INSIGHT = Target(
    "AI_MemberInsight",
    "AI_MemberInsight",
    Shape.MULTI,
    (
        RUN,
        Column("score", "ChurnScore", "whole", is_logged=True, caption="Of 100 like this one, so many lapse"),
        *RANGE,
        _text("band", "Band", 10, is_logged=True, caption="Band"),
        Column("lapse_on", "LapseOn", "day", caption="Most likely lapse date"),
        *FACTORS,
        _text("next_action", "NextBestAction", 100, caption="Suggested next step"),
        SCORED,
        MODEL,
        LINK,
    ),
    "stores scores with their range and reasons, for staff to see in iMIS",
    aliases=("AI_Member_Risk", "MemberRiskScore", "RenewalRiskScore", "Renewal_Risk"),
    match=("run_key",),
    reference=REFERENCE,
)
_TIER = Target(
    "AI_TierScore",
    "AI_TierScore",
    Shape.MULTI,
    (
        RUN,
        _text("tier", "Tier", 30, is_needed=True, caption="Tier that fits best"),
        _text("direction", "Direction", 10, is_logged=True, caption="up, stay or down"),
        Column("score", "TierScore", "whole", is_logged=True, caption="Of 100 like this one, so many move"),
        *RANGE,
        *FACTORS,
        SCORED,
        MODEL,
        LINK,
    ),
    "stores which tier fits a member and why",
    aliases=("Member_Tier_Score",),
    match=("run_key", "tier"),
    reference=REFERENCE,
)
_SENTIMENT = Target(
    "AI_SentimentLog",
    "AI_SentimentLog",
    Shape.MULTI,
    (
        _text("source_key", "SourceRecordId", 60, is_needed=True, caption="Record in iMIS it was read from"),
        _text("source", "Source", 20, caption="survey, case, community, e-mail"),
        _text("sentiment", "Sentiment", 10, is_logged=True, caption="Sentiment"),
        Column("confidence", "Confidence", "whole", caption="How sure, of 100"),
        _text("topics", "Topics", 200, caption="Topics"),
        _text("urgency", "Urgency", 10, is_logged=True, caption="Urgency"),
        Column("processed_on", "ProcessedDate", "moment", caption="Read on"),
        MODEL,
        LINK,
    ),
    "stores what a comment was about, never the comment itself",
    aliases=("Member_Sentiment_Log", "IMIS_SentimentLog", "Sentiment_Log", "SentimentScore"),
    match=("source_key",),
    reference=REFERENCE,
)
_INTERACTION = Target(
    "AI_Interaction",
    "AI_Interaction",
    Shape.MULTI,
    (
        _text("interaction_key", "InteractionKey", 40, is_needed=True, caption="Our number of the draft"),
        _text("channel", "Channel", 20, caption="Channel"),
        _text("template", "Template", 60, caption="Template and its version"),
        _text("facts", "FactsUsed", 400, caption="Facts used"),
        _text("output_hash", "OutputHash", 64, caption="Checksum of the text"),
        _text("approver", "Approver", 100, caption="Approved by"),
        Column("generated_on", "GeneratedOn", "moment", caption="Drafted on"),
        MODEL,
        LINK,
    ),
    "logs every prepared text: template, facts, checksum, who approved it",
    aliases=(),
    match=("interaction_key",),
    reference=REFERENCE,
)
_SEGMENT = Target(
    "AI_Segment",
    "AI_Segment",
    Shape.MULTI,
    (
        _text("segment_key", "SegmentKey", 40, is_needed=True, caption="Key of the segment, id of its group"),
        _text("segment_name", "SegmentName", 100, caption="Segment"),
        Column("is_member", "IsMember", "flag", is_needed=True, is_logged=True, caption="Belongs to it now"),
        Column("fit", "Fit", "whole", caption="How well it fits, of 100"),
        Column("changed_on", "ChangedOn", "day", caption="Since"),
        _text("run_key", "RunKey", 40, caption="Version of the segment"),
    ),
    "stores who belongs to which approved segment; dynamic groups read it",
    match=("segment_key",),
    reference=REFERENCE,
)
_TAG = Target(
    "tag",
    "AI_Tag",
    Shape.SINGLE,
    (
        _text("segment", "Segment", 100, is_logged=True, caption="Segment"),
        _text("risk_band", "RiskBand", 10, is_logged=True, caption="Likely to lapse"),
        _text("renewal", "RenewalPropensity", 10, caption="Likely to renew"),
        _text("tier_fit", "TierFit", 30, caption="Tier that fits best"),
        _text("sentiment", "Sentiment", 10, caption="Sentiment of late"),
        _text("next_step", "NextStep", 100, caption="Suggested next step"),
        Column("updated_on", "UpdatedOn", "day", caption="Updated on"),
    ),
    "the present labels of a member, one row each",
    aliases=("AI_Current", "AI_Label"),
    reference=REFERENCE,
)
_TASK_COLUMNS = (
    _text("title", "Title", 100, is_needed=True, caption="What to do"),
    _text("assignee", "Assignee", 60, caption="For"),
    Column("due_on", "DueOn", "day", caption="Due"),
    _text("status", "Status", 20, caption="open, done"),
    _text("factors", "Factors", 400, caption="Why"),
    _text("last_contacts", "LastContacts", 400, caption="Last contacts"),
    _text("draft", "Draft", 2000, caption="Prepared words"),
    LINK,
)
_OUTREACH = (("ACTIVITY_TYPE", ACTIVITY_TYPE), ("SOURCE_SYSTEM", "imis_ai"))
_TASK = Target(
    "task",
    "AI_Task",
    Shape.MULTI,
    _TASK_COLUMNS,
    "puts a task before a member of staff, with its context",
    aliases=("Activity",),
    reference=REFERENCE,
    variants=(
        Target(
            "task",
            "Activity",
            Shape.ACTIVITY,
            (
                _text("title", "DESCRIPTION", 255, is_needed=True),
                _text("assignee", "SOLICITOR_ID", 15),
                Column("due_on", "TICKLER_DATE", "day"),
                _text("status", "", 20),
                _text("factors", "NOTE", 400, caption="Why"),
                _text("last_contacts", "NOTE", 400, caption="Last contacts"),
                _text("draft", "NOTE", 2000, caption="Prepared words"),
                _text("link", "NOTE", 200, caption="Opens it in imis_ai"),
            ),
            "a follow-up; it is done when its reminder date is cleared",
            reference="OTHER_CODE",
            fixed=_OUTREACH,
        ),
    ),
)
_ACTIVITY = Target(
    "activity",
    "Activity",
    Shape.ACTIVITY,
    (
        _text("summary", "DESCRIPTION", 255, is_needed=True),
        Column("at", "TRANSACTION_DATE", "moment"),
        Column("on", "EFFECTIVE_DATE", "day"),
        _text("area", "CATEGORY", 15),
        _text("detail", "NOTE", 2000),
    ),
    "logs outreach that staff approved on the member's record",
    aliases=("IMIS_Activity", "IMIS_ACTIVITY_LOG"),
    reference="OTHER_CODE",
    fixed=_OUTREACH,
)
_CONTACT = Target(
    "contact_interaction",
    "ContactInteraction",
    Shape.INTERACTION,
    (
        _text("summary", "Description", 255, is_needed=True),
        Column("at", "InteractionDate", "moment", is_needed=True),
        _text("detail", "Details", 2000),
    ),
    "the same, where the site keeps contact interactions",
    reference="RelatedItem",
    fixed=(("InteractionTypeCode", ACTIVITY_TYPE),),
)
_NOTE = Target(
    "note",
    "PartyNote",
    Shape.NOTE,
    (_text("purpose", "Purpose", 20), _text("text", "Text", 4000, is_needed=True)),
    "adds a note that staff approved",
    reference="Text",
)
_COMMUNICATION = Target(
    "communication",
    "CommunicationLog",
    Shape.COMMUNICATION,
    (
        _text("subject", "Subject", 200, is_needed=True),
        _text("text", "Text", 20_000),
        _text("address", "Address", 200, is_needed=True),
        _text("channel", "MessageType", 10),
        Column("at", "LastEventDateTime", "moment"),
    ),
    "adds a message that was sent to the member's communication history",
    aliases=("IMIS_EmailHistory", "IMIS_Email", "CommunicationHistory"),
    reference="CommunicationLogMessageId",
)
_GROUP = Target(
    "group",
    "Group",
    Shape.REFRESH,
    (_text("group", "GroupId", 60, is_needed=True),),
    "refreshes the dynamic group of a segment, so that joins and leaves show",
    aliases=(),
    is_per_member=False,
)
_BILLING = Target(
    "billing",
    "billing",
    Shape.BY_HAND,
    (
        _text("what", "What", 300, is_needed=True, caption="What to enter"),
        Column("amount", "Amount", "decimal", caption="Amount"),
        _text("invoice", "Invoice", 60, caption="Invoice"),
        _text("item", "Item", 60, caption="Item"),
    ),
    "changes of dues, credits and payments: prepared here, keyed in and confirmed by finance",
    is_money=True,
)

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        _INSIGHT,
        _TIER,
        _SENTIMENT,
        _INTERACTION,
        _SEGMENT,
        _TAG,
        _TASK,
        _ACTIVITY,
        _CONTACT,
        _NOTE,
        _COMMUNICATION,
        _GROUP,
        _BILLING,
    )
}
REFERENCE_COLUMN = _text("reference", REFERENCE, REFERENCE_LENGTH + 3, caption="Our reference, keep")

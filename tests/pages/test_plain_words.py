"""What a score, a reason, a suggestion and a model say is read by people who know no statistics."""

import re

import numpy as np
import pytest

from imis_ai.features.definitions import FEATURES
from imis_ai.governance import kinds
from imis_ai.governance.corrections.topics import TOPICS, topic_for
from imis_ai.governance.reviewing.queues import QUEUES
from imis_ai.registry.cards import CARDS
from retention.calc import wording

JARGON = re.compile(
    r"\b(probabilit\w+|percentile|quantile|coefficient|logit|log-odds|auc|churn\w*|z-score|p-value|confidence"
    r"|standard deviation|regression|baseline|hyperparameter|inference|stochastic|null|boolean|payload)\b",
    re.IGNORECASE,
)
GRADE = 9.0  # years at school; notices to the public are asked to stay below
GROUPS = ("portal", "events", "mail", "payments", "committee", "price", "tier", "membership", "community",
          "content", "engagement", "giving", "value", "profile")  # fmt: skip


def syllables(word):
    groups = re.findall(r"[aeiouy]+", word.lower())
    return max(1, len(groups) - (word.lower().endswith("e") and len(groups) > 1))


def grade(text):
    """Flesch and Kincaid: years at school needed."""
    sentences = [part for part in re.split(r"[.!?]\s+|[.!?]$", text) if part.strip()]
    found = [word for part in sentences for word in re.findall(r"[A-Za-z']+|\d+", part)]
    return 0.39 * len(found) / len(sentences) + 11.8 * sum(map(syllables, found)) / len(found) - 15.59


def reasons():
    """Sentences of every group of features, for many members."""
    rng = np.random.default_rng(7)
    made = set()
    for _ in range(60):
        known = {}

        def value(feature, known=known):
            return known.setdefault(feature, float(rng.choice([np.nan, 0, 1, 2, 14, 92, 365])))

        class Asked:
            def __call__(self, feature, value=value):
                return value(feature)

            def money(self, amount):
                return f"${amount:,.2f}"

        made |= {getattr(wording, group)(Asked())[1] for group in GROUPS}
    return sorted(sentence for sentence in made if sentence)


@pytest.mark.row("GOV-48")
def test_a_score_has_one_paragraph_in_plain_words(two_chapters, as_role):
    page = as_role("membership").get("/retention/members/104482/").content.decode()

    (said,) = re.findall(r'<div class="say">\s*<p>(.*?)</p>', page, re.S)
    text = " ".join(re.sub(r"<[^>]+>", " ", said.replace("</strong>", ". ")).split())

    assert "Of 100 members like Dana, 66 lapse" in text
    assert (JARGON.findall(text), grade(text) <= GRADE) == ([], True), (text, grade(text))


@pytest.mark.row("GOV-48")
def test_reasons_features_models_and_suggestions_are_told_in_plain_words():
    told = {
        "reasons": ". ".join(reasons()) + ".",
        "features": ". ".join(feature.meaning.rstrip(".") for feature in FEATURES.values()) + ".",
        "models": " ".join(card.what + " " + " ".join(card.not_for) for card in CARDS.values()),
        "corrections": " ".join(topic.then for topic in [*TOPICS.values(), topic_for(card="tier")]),
        "questions": " ".join(queue.question for queue in QUEUES.values()),
        "kinds": ". ".join(kind.label for kind in kinds.KINDS.values()) + ".",
    }

    assert len(reasons()) > 50
    assert {name: JARGON.findall(text) for name, text in told.items() if JARGON.findall(text)} == {}
    hard = {name: round(grade(text), 1) for name, text in told.items() if name != "kinds"}
    assert {name: value for name, value in hard.items() if value > GRADE} == {}

"""Words that promise money or rights: they stand in a text only with an approved template or offer. Data."""

import re

_PARTS = (
    r"discount\w*",
    r"rebates?",
    r"refund\w*",
    r"reimburs\w+",
    r"compensat\w+",
    r"waiv(?:e[srd]?|ing|ers?)",
    r"(?<!feel )free(?:bie)?s?\b(?! to\b| up\b)",
    r"complimentary",
    r"gratis",
    r"on the house",
    r"on us\b",
    r"our treat",
    r"(?:no|without|zero|any) (?:extra |further |additional )?(?:charge|cost|fee|fees|obligation|strings)",
    r"money[ -]?back",
    r"cash[ -]?back",
    r"guarante\w+",
    r"warrant(?:y|ies|ed)",
    r"we (?:hereby )?(?:promise|pledge|commit|undertake|owe)\b",
    r"promis(?:e|es|ed|ing)\b",
    r"\bcredit(?:s|ed|ing)?\b",
    r"vouchers?",
    r"coupons?",
    r"promo(?:tion|tional)?s?\b",
    r"gift ?cards?",
    r"\bgifts?\b",
    r"half[ -]?(?:price|off)",
    r"(?:price|rate|dues|fees?) (?:freeze|frozen|lock(?:ed)?|cut|reduction|break|relief|holiday)",
    (
        r"(?:freeze|lock in|cut|lower|reduce|drop|slash|shave|trim|forgive|cancel|erase|write off|strike|"
        r"absorb|defer|postpone|suspend|skip|cover|halve|cap) (?:\w+ ){0,3}(?:dues|fees?|price|rate|"
        r"bill|invoice|balance|payment|cost|costs|debt|charges?|amount|penalty|renewal|membership)\b"
    ),
    (
        r"(?:reduced|lower|cheaper|special|exclusive|preferential|discounted|better) (?:price|rate|fee|"
        r"fees|dues|deal|terms|offer)\b"
    ),
    r"(?:special|exclusive|limited(?:[ -]time)?|one[ -]time) (?:offer|deal|price|rate)",
    r"\bdeals?\b",
    r"\bbargains?\b",
    r"\bbonus(?:es)?\b",
    r"\brewards?\b",
    r"\bprizes?\b",
    r"knock (?:\w+ ){0,3}off",
    r"take (?:\w+ ){0,4}off",
    r"(?:nothing|not have) to pay",
    (
        r"(?:won't|will not|need not|needn't|don't|do not|don't have to|never) (?:\w+ ){0,2}(?:pay|owe|"
        r"be charged|be billed|be invoiced)\b"
    ),
    r"you owe (?:us )?nothing",
    r"nothing (?:is )?owed",
    (
        r"(?:we|we'll|i|i'll|they)(?: will| shall| can| could| would|'ll)? (?:also |gladly |happily "
        r")?(?:pay|cover|absorb|sponsor|foot|pick up)\b"
    ),
    r"extend(?:ed|ing)? (?:your|the) (?:membership|term|benefits?|access|deadline)",
    r"extension of (?:your|the)",
    r"grace period",
    r"extra (?:month|year|week|time|day)s?",
    r"legal(?:ly)?\b",
    r"lawsuits?",
    r"lawyers?",
    r"attorneys?",
    r"\bcourt\b",
    r"liab(?:le|ility)",
    r"tax[ -](?:deductible|free|exempt)",
    r"deductible",
    r"entitle[ds]?\b",
    r"entitlement",
    r"save (?:money|big|up to)",
    r"savings?\b",
    r"price match",
    r"lifetime",
    r"unlimited",
    r"risk[ -]free",
    r"best price",
    r"lowest price",
    r"upgrade (?:you|your)",
    r"free of",
    r"payment plan",
    r"instal?l?ments?",
    r"interest[ -]free",
    r"pay (?:later|less|half)",
    r"no need to pay",
    r"certif(?:y|ied) that",
    r"will (?:definitely|certainly|surely) ",
    r"binding\b",
    r"\bowed\b",
)
PROMISES = re.compile(r"\b(?:" + "|".join(_PARTS) + ")")

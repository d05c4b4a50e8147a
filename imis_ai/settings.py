"""Every setting, from the environment or a file named by `<NAME>_FILE`. See docs/quickstart.md."""

from pathlib import Path
from urllib.parse import unquote

import environ

from imis_ai import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

VAR_DIR = Path(env.str("IMIS_AI_VAR", default=str(BASE_DIR / "var"))).resolve()
DEMO = env.bool("IMIS_AI_DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)


def local_secret(name: str) -> str:
    """A secret from the environment; without one, a random one kept in var/ (demo and development)."""
    if value := env.str(name, default=""):
        return value
    import secrets  # noqa: PLC0415  only on a machine without configured secrets

    path = VAR_DIR / "secrets" / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with path.open("x") as handle:
                path.chmod(0o600)
                handle.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass  # another process was first
    return path.read_text()


SECRET_KEY = local_secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # links in old messages keep working
PSEUDONYM_KEY = local_secret("PSEUDONYM_KEY")
ARTEFACT_KEY = local_secret("ARTEFACT_KEY")
ERASURE_KEY = local_secret("ERASURE_KEY")
AUDIT_KEY = local_secret("AUDIT_KEY")
WEBHOOK_KEY = local_secret("WEBHOOK_KEY")
# a second place for the seals of the audit log: best a disk that this machine can only add to
AUDIT_CHECKPOINT_DIR = Path(env.str("AUDIT_CHECKPOINT_DIR", default=str(VAR_DIR / "audit-seals"))).resolve()
# marks of erased members, outside the database, for backups that are put back: keep it with the seals
ERASURES_FILE = AUDIT_CHECKPOINT_DIR / "erasures.jsonl"

EMBEDDED_DATABASE = not env.str("DATABASE_URL", default="")
EMBEDDED_REDIS = not env.str("REDIS_URL", default="")
DATABASE_URL = embedded.postgres_url(VAR_DIR) if EMBEDDED_DATABASE else env.str("DATABASE_URL")
REDIS_URL = embedded.redis_url(VAR_DIR) if EMBEDDED_REDIS else env.str("REDIS_URL")

# the association
ASSOCIATION = env.str("ASSOCIATION", default="Alder Institute" if DEMO else "Your association")
TIME_ZONE = env.str("SITE_TIME_ZONE", default="America/Chicago" if DEMO else "UTC")
CURRENCY = env.str("CURRENCY", default="USD")
GRACE_DAYS = env.int("GRACE_DAYS", default=60)

# iMIS
IMIS_URL = env.str("IMIS_URL", default="")
IMIS_USERNAME = env.str("IMIS_USERNAME", default="")
IMIS_PASSWORD = env.str("IMIS_PASSWORD", default="")
# writing has an account and a secret of its own; without it everything that reads works
IMIS_WRITE_USERNAME = env.str("IMIS_WRITE_USERNAME", default="")
IMIS_WRITE_PASSWORD = env.str("IMIS_WRITE_PASSWORD", default="")
# twice the longest time iMIS or a proxy before it may still be working on a request
OUTBOX_SETTLE_SECONDS = env.int("OUTBOX_SETTLE_SECONDS", default=900)
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", default=300)
OUTBOX_RETRY_SECONDS = env.float("OUTBOX_RETRY_SECONDS", default=30)
IMIS_IS_TEST_SYSTEM = env.bool("IMIS_IS_TEST_SYSTEM", default=False)
IMIS_REQUESTS_PER_MINUTE = env.int("IMIS_REQUESTS_PER_MINUTE", default=60)
IMIS_QUIET_HOURS = env.str("IMIS_QUIET_HOURS", default="")
# an iMIS inside: an authority trusted beside the usual ones, a proxy, and inner networks (10.20.0.0/16)
IMIS_CA_FILE = env.str("IMIS_CA_FILE", default="")
IMIS_PROXY = env.str("IMIS_PROXY", default="")
IMIS_PRIVATE_NETWORKS = env.str("IMIS_PRIVATE_NETWORKS", default="")
# instead of the interface: a database account that may only read, and names that differ from the guides'
IMIS_DATABASE_URL = env.str("IMIS_DATABASE_URL", default="")
IMIS_DATABASE_FILE = env.str("IMIS_DATABASE_FILE", default="")
IMIS_PAGE_SIZE = env.int("IMIS_PAGE_SIZE", default=500)
IMIS_WEBHOOK_SECRET = env.str("IMIS_WEBHOOK_SECRET", default="")
IMIS_MAPPING_FILE = env.str("IMIS_MAPPING_FILE", default="")

# messages to members, invitations, the daily e-mail; without EMAIL_URL and SMS_URL, and always in the demo,
# they become files in var/
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
MAIL_FROM = env.str("MAIL_FROM", default="membership@localhost.invalid")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=MAIL_FROM)  # invitations and the daily e-mail
MAIL_REPLY_TO = env.str("MAIL_REPLY_TO", default="")
# in whose name retention writes: "Name <address>"; without it letters come from MAIL_FROM and carry no name
DIRECTOR_OF_THE_DEMO = "Helena Brandt <director@localhost.invalid>"
MAIL_DIRECTOR = env.str("MAIL_DIRECTOR", default=DIRECTOR_OF_THE_DEMO if DEMO else "")
MAIL_URL = "" if DEMO else env.str("EMAIL_URL", default="")
MAIL = env.email_url_config(MAIL_URL) if MAIL_URL else {}
EMAIL_BACKEND = MAIL.get("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST, EMAIL_PORT = MAIL.get("EMAIL_HOST") or "localhost", MAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = MAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.get("EMAIL_USE_TLS", False), MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20  # seconds; a message in hand keeps other words about that member waiting
SMS_URL = "" if DEMO else env.str("SMS_URL", default="")
SMS_TOKEN = env.str("SMS_TOKEN", default="")
SMS_FILE_PATH = VAR_DIR / "sms"

# webhooks that leave: https and the public internet only, but for these hosts of the own network
WEBHOOK_INNER_HOSTS = env.list("WEBHOOK_INNER_HOSTS", default=[])
WEBHOOK_GIVE_UP_DAYS = env.int("WEBHOOK_GIVE_UP_DAYS", default=5)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_TLS = env.bool("BEHIND_TLS", default=False)

INSTALLED_APPS = [
    "imis_ai.accounts",
    "imis_ai.ui.admin_config.Config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "guardian",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "imis_ai.ui",
    "imis_ai.jobs",
    "imis_ai.mirror",
    "imis_ai.governance",
    "imis_ai.features",
    "imis_ai.registry",
    "imis_ai.integrations",
    "imis_ai.ops",
    "retention",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "imis_ai.accounts.middleware.keep_session",
    "imis_ai.accounts.middleware.second_step_first",
    "imis_ai.ui.middleware.page_rules",
    "imis_ai.ui.middleware.drawing_as_csv",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "imis_ai.urls"
WSGI_APPLICATION = "imis_ai.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "imis_ai.ui.context.frame",
            ],
            "builtins": ["imis_ai.ui.templatetags.ui"],
        },
    }
]

DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": unquote(DATABASES["default"]["HOST"]),  # a socket folder arrives percent-encoded
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {"server_side_binding": True, "connect_timeout": 5},
    "TEST": {"NAME": env.str("TEST_DATABASE_NAME", default="test_imis_ai")},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
ANONYMOUS_USER_NAME = None  # guardian: no anonymous stand-in
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
CSRF_FAILURE_VIEW = "imis_ai.views.forged"

# signing in: allauth for the second step and for an identity provider; the pages are ours
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=not DEMO)  # for every role that sees people or approves
ACCOUNT_ADAPTER = "imis_ai.accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses come from an administrator or an invitation
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # nobody signs up; allauth wants a value
MFA_ADAPTER = "imis_ai.accounts.adapters.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS
SOCIALACCOUNT_ADAPTER = "imis_ai.accounts.adapters.ElsewhereAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_LOGIN_ON_GET = (
    True  # a form may not lead to another site (form-action); the answer is tied by `state`
)
OIDC_NAME = env.str("OIDC_NAME", default="")
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": env.str("OIDC_CLIENT_ID", default=""),
                "secret": env.str("OIDC_SECRET", default=""),
                "settings": {"server_url": OIDC_ISSUER, "oauth_pkce_enabled": True},
            }
        ]
        if OIDC_NAME
        else []
    }
}

# counts of wrong tries and used codes, for all processes alike and across restarts
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "accounts_counts"},
    "figures": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},  # this process' own, by version
}

SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns without it; files come from the finders
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

# Celery carries ids only; the database is the queue of record (docs/architecture.md)
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_SOFT_TIME_LIMIT = 3500
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 2_000_000  # kB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives any outage of Redis
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "imis_ai.jobs.schedule:Scheduler"
# a job whose worker was silent for so long is taken over by another
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=30)
# job -> local time; created once, edited in the admin from then on
NIGHTLY = env.json("NIGHTLY", default={"ops.nightly": "02:00"})

MODEL_RENEWED_AFTER_DAYS = env.int("MODEL_RENEWED_AFTER_DAYS", default=90)
MODEL_LABELS_SHARE = env.float("MODEL_LABELS_SHARE", default=0.1)  # of what it knew, new: time to learn again
MODEL_GAP_LIMIT = env.float("MODEL_GAP_LIMIT", default=0.1)  # between groups; above, a person looks

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "imis_ai.integrations.api.auth.ClientAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["imis_ai.integrations.api.reach.Reaches"],
    "DEFAULT_SCHEMA_CLASS": "imis_ai.integrations.api.schema.Schema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
}
PROBLEM = "imis_ai.integrations.api.schema.ProblemSerializer"
DRF_STANDARDIZED_ERRORS = {
    "ERROR_SCHEMAS": dict.fromkeys((400, 401, 403, 404, 405, 406, 415, 429, 500), PROBLEM)
}
SPECTACULAR_SETTINGS = {
    "TITLE": "imis_ai",
    "DESCRIPTION": "Members, scores, proposals and what was written, under the permissions of the pages. "
    "See docs/api.md.",
    "ENUM_NAME_OVERRIDES": {
        "ProposalState": ["suggested", "later", "half", "approved", "rejected", "undone", "expired"],
        "WriteBackState": ["waiting", "sending", "refused", "sent", "undone"],
    },
    "PREPROCESSING_HOOKS": ["imis_ai.integrations.api.schema.only_v1"],
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
}

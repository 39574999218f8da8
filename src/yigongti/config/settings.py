"""Settings. A place that runs the platform sets the environment; nobody edits this file.

====================  ====================================================================
DATABASE_URL          PostgreSQL ≥ 15; without it ``./yigongti`` starts its own
YIGONGTI_VAR          folder of everything written at run time (default: ``var/``)
YIGONGTI_PLACE        folder below ``policies/`` of the place that is served (default: kunshan)
YIGONGTI_HOSTS        host names the platform answers to, separated by commas
YIGONGTI_SENDER       who carries texts to phones: ``package.module:Class`` (default: written to files)
YIGONGTI_HTTPS        ``1`` when a proxy in front speaks HTTPS: cookies are then sent by HTTPS only
YIGONGTI_DEBUG        ``1`` for developers only
====================  ====================================================================
"""

import os
import secrets
from pathlib import Path

import dj_database_url

from yigongti.config.tree import installed_apps

ROOT = Path(__file__).resolve().parents[3]
VAR = Path(os.environ.get("YIGONGTI_VAR", ROOT / "var")).resolve()
POLICIES = Path(os.environ.get("YIGONGTI_POLICIES", ROOT / "policies")).resolve()
PLACE = os.environ.get("YIGONGTI_PLACE", "kunshan")
DEBUG = os.environ.get("YIGONGTI_DEBUG") == "1"
HTTPS = os.environ.get("YIGONGTI_HTTPS") == "1"


def _secret(name: str) -> str:
    """A secret of this installation, made on first use; two processes starting at once agree on one."""
    path = VAR / "keys" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text()


SECRET_KEY = _secret("session.key")
ALLOWED_HOSTS = [h for h in os.environ.get("YIGONGTI_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]
INTERNAL_IPS: list[str] = []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_cotton.apps.SimpleAppConfig",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "yigongti.config",
    *installed_apps(),
]

MIDDLEWARE = [
    "yigongti.kernel.access.web.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "yigongti.kernel.ui.language.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "yigongti.kernel.access.web.middleware.acting",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "yigongti.kernel.ui.context.shell",
            ],
            "builtins": ["django_cotton.templatetags.cotton", "django.templatetags.i18n"],
        },
    }
]

ROOT_URLCONF = "yigongti.config.urls"
WSGI_APPLICATION = "yigongti.config.wsgi.application"

DATABASES = {
    "default": {
        **dj_database_url.parse(
            os.environ.get("DATABASE_URL", "postgres:///yigongti"), conn_max_age=60, conn_health_checks=True
        ),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.Account"
LOGIN_URL = "access:sign_in"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "yigongti.kernel.access.passwords.LongEnoughValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "yigongti.kernel.access.passwords.ThreeKindsValidator"},
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR / "uploads"
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "yigongti.kernel.ui.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600

# Who carries texts to phones, as "package.module:Class" (kernel/notices/senders.py says what it has to do).
SENDER = os.environ.get("YIGONGTI_SENDER", "yigongti.kernel.notices.senders:FileSender")

PGHISTORY_APPEND_ONLY = True
PGTRIGGER_MIGRATIONS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"no_rows": {"()": "yigongti.kernel.privacy.logs.WithoutRows"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["no_rows"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "yigongti": {"level": "INFO"},
        "django.request": {"level": "ERROR"},  # a page refused or not found is no fault of the server
    },
}

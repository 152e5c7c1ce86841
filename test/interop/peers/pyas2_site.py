"""The site of django-pyas2: settings, databases, and the web application that gunicorn serves.

Partner settings of django-pyas2 hold for all organizations of a site, and a case needs its own. So each agreement has a
database of its own, chosen by the name that AS2-To has; with one agreement this is an ordinary deployment.
"""

import hashlib
import os
import threading
from contextvars import ContextVar
from io import BytesIO

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections
from django.urls import include, path
from pyas2lib.utils import unquote_as2name

FOLDER = os.environ["PEER_FOLDER"]
PORT = int(os.environ["PEER_PORT"])
MEDIA = os.path.join(FOLDER, "media")

settings.configure(
    DEBUG=False,
    SECRET_KEY="only on loopback, only for this run",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    # As `django-admin startproject` has them.
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "pyas2",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(FOLDER, "default.sqlite3"),
            "CONN_MAX_AGE": 10,
            # What Django advises for SQLite that several processes write to.
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    },
    DATABASE_ROUTERS=[f"{__name__}.Router"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    MEDIA_ROOT=MEDIA,
    # Its payloads are the bodies of requests.
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    PYAS2={"MDN_URL": f"http://127.0.0.1:{PORT}/pyas2/as2receive"},
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"out": {"class": "logging.StreamHandler"}},
        "loggers": {each: {"handlers": ["out"], "level": "INFO"} for each in ("pyas2", "pyas2lib")},
    },
)
DATABASE = ContextVar("database", default="default")
ENTERING = threading.Lock()


class Router:
    """Sends every query to the database at hand."""

    def db_for_read(self, model, **hints):
        return DATABASE.get()

    db_for_write = db_for_read


def name_of(as2_name):
    return f"agreement-{hashlib.sha256(as2_name.encode()).hexdigest()[:16]}"


def file_of(database):
    return os.path.join(FOLDER, f"{database}.sqlite3")


def create(as2_name):
    """A database for the organization with this name, as `migrate` left the first one."""
    DATABASE.set("default")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [file_of(name_of(as2_name))])
    enter(as2_name)


def enter(as2_name):
    """Has queries of this request answered by the database of this organization; the first one knows nobody."""
    database = name_of(as2_name)
    with ENTERING:
        if database not in connections.settings and os.path.exists(file_of(database)):
            # A new dictionary: other threads may be walking through this one.
            more = {database: {**connections.settings["default"], "NAME": file_of(database)}}
            connections.settings = {**connections.settings, **more}
    DATABASE.set(database if database in connections.settings else "default")


application_of_django = get_wsgi_application()
urlpatterns = [path("pyas2/", include("pyas2.urls"))]


def application(environ, start_response):
    enter(unquote_as2name(environ.get("HTTP_AS2_TO", "")))
    if environ.pop("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        # Django reads no body without a length. The proxy that stands before every gunicorn buffers it and tells one.
        body = environ["wsgi.input"].read()
        environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    return application_of_django(environ, start_response)

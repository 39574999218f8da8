"""The baseline of the bench of pages: a Django that does nothing but one SELECT of 50 rows and one plain template.

No sessions, no rights, no translations, no shell. Only what every Django has: the ORM, the template engine with
compiled templates kept, and CommonMiddleware, which sets the length that keep-alive needs. Its database settings are
the platform's (connections kept, looked at before use).
"""

import os

import dj_database_url
import django
from django.conf import settings

TABLE = "bench_visit"

PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><title>就诊</title></head><body><h1>就诊</h1>
<table><thead><tr><th>时间</th><th>姓名</th><th>机构</th><th>科室</th><th>诊断</th><th>编码</th><th>费用</th></tr></thead>
<tbody>{% for row in rows %}<tr><td>{{ row.at|date:"Y-m-d H:i" }}</td>
<td><a href="/{{ row.pk }}/">{{ row.name }}</a></td>
<td>{{ row.institution }}</td><td>{{ row.department }}</td><td>{{ row.diagnosis }}</td><td>{{ row.code }}</td>
<td>{{ row.total_yuan }}</td></tr>{% endfor %}</tbody></table></body></html>
"""

MAKE = f"""
    CREATE TABLE {TABLE} (
        id bigint PRIMARY KEY, at timestamptz NOT NULL, name text NOT NULL, institution text NOT NULL,
        department text NOT NULL, diagnosis text NOT NULL, code text NOT NULL, total_yuan numeric(12, 2) NOT NULL
    );
    INSERT INTO {TABLE}
    SELECT n, timestamptz '2025-01-01' + n * interval '1 hour', '测试' || n, '机构' || n % 40, '全科', '高血压病',
        'I10.x00', n / 7.0
    FROM generate_series(1, 5000) n;
    CREATE INDEX ON {TABLE} (at DESC, id DESC);
    ANALYZE {TABLE};
"""


def _configured() -> None:
    database = dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=60, conn_health_checks=True)
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="bench.bare_page",
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        DATABASES={"default": {**database}},
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        (
                            "django.template.loaders.cached.Loader",
                            [("django.template.loaders.locmem.Loader", {"page.html": PAGE})],
                        )
                    ]
                },
            }
        ],
        USE_TZ=True,
        TIME_ZONE="Asia/Shanghai",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


if os.environ.get("YIGONGTI_BENCH_BARE"):
    _configured()
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()

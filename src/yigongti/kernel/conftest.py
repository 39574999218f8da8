"""The made-up case of the kernel's own tests, with its table."""

import pytest
from django.db import connection
from tests.support.loans import BORROWER, OWNER, Errand, Loan
from tests.support.people import person

from yigongti.kernel.workflow.api import open_case
from yigongti.kernel.workflow.models import ONLY_BY_STEP


@pytest.fixture(scope="session")
def loan_table(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        for model in (Loan, Errand):
            with connection.schema_editor() as editor:
                editor.create_model(model)
            ONLY_BY_STEP.install(model)


@pytest.fixture
def loan(loan_table, db):
    return open_case(Loan(thing="chair", owner_id=OWNER, borrower_id=BORROWER), actor=person("doctor", BORROWER))

"""``./yigongti intake``: whole folders, in the right order, with a line for each file."""

import pytest
from click.testing import CliRunner

from tests.intake.county import encounter, table
from yigongti.kernel.intake.cli import intake
from yigongti.kernel.intake.models import Batch

pytestmark = pytest.mark.django_db


def run(*arguments):
    return CliRunner().invoke(intake, [str(a) for a in arguments])


@pytest.fixture
def folder(here, tmp_path):
    made = tmp_path / "files"
    (made / "_truth").mkdir(parents=True)
    reading = {
        "patient_no": "P1",
        "measurement_no": "M1",
        "code": "8480-6",
        "item": "收缩压",
        "value": "150",
        "measured_at": "2025-01-02",
    }
    resident = {"patient_no": "P1", "name": encounter(1)["姓名"]}
    for name, data in (
        ("hospital__measurements.csv", table([reading])),
        ("hospital__residents.csv", table([resident])),
        ("hospital__encounters.csv", table([encounter(1), encounter(2, 就诊类别="体检")])),
        ("clinic__encounters.csv", table([encounter(3)])),
        ("_truth/persons.csv", b"a,b\n1,2\n"),
        ("notes.docx", b"not for us"),
    ):
        (made / name).write_bytes(data)
    return made


def test_a_folder_whose_files_say_who_sends_them(folder, tmp_path):
    done = run(folder, "--refused", tmp_path / "refused")
    assert done.exit_code == 0, done.output
    lines = [line for line in done.output.splitlines() if line.startswith("[")]
    assert [line.split()[1] for line in lines] == [
        "hospital__residents.csv",
        "clinic__encounters.csv",
        "hospital__encounters.csv",
        "hospital__measurements.csv",
    ]
    assert "1 stored, 0 updated, 0 unchanged, 1 refused" in lines[2]
    assert [path.name for path in (tmp_path / "refused").iterdir()] == ["hospital__encounters__refused.csv"]
    assert not Batch.objects.unscoped("test").exclude(state=Batch.State.DONE).exists()


def test_again_changes_nothing_and_says_so(folder):
    run(folder)
    done = run(folder / "clinic__encounters.csv")
    assert "received before" in done.output and "nothing changed" in done.output


def test_with_a_sender_only_its_own_files(folder):
    done = run(folder, "--source", "某市医院")
    assert "left out: named after 某某村卫生室" in done.output
    assert Batch.objects.unscoped("test").count() == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("{folder}", "--source", "没有这家"), "no institution '没有这家' in the directory"),
        (("{folder}/notes.docx",), "who sends notes.docx"),
        (("{folder}/_truth/none",), "does not exist"),
        (("{folder}", "--extract", "colours"), "no table 'colours'"),
    ],
)
def test_mistakes_are_one_clear_line(folder, arguments, words):
    done = run(*(a.format(folder=folder) for a in arguments))
    assert done.exit_code != 0
    assert words in done.output
    assert "Traceback" not in done.output


def test_a_file_that_cannot_be_taken_fails_the_command_but_not_the_others(folder):
    (folder / "hospital__claims.csv").write_bytes(b"a,b\n1,2\n")
    done = run(folder)
    assert done.exit_code == 1
    assert "1 of 5 files could not be taken" in done.output
    assert Batch.objects.unscoped("test").filter(state=Batch.State.DONE).count() == 4

"""Making a login from the command line."""

import io
import json

import pytest
from django.core.management import call_command

from imis_ai.accounts.models import User
from imis_ai.mirror import access
from imis_ai.mirror.models import Chapter

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough pass phrase"


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


@pytest.fixture(autouse=True)
def chapters():
    Chapter.objects.create(code="TX", name="Texas")
    Chapter.objects.create(code="GULF", name="Gulf")


def create(*arguments, capsys):
    try:
        call_command("create_person", *arguments)
        code = 0
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_chapter_manager_gets_her_chapters_by_name_or_code(password_file, capsys):
    code, out, _ = create(
        *("carla", "--role", "chapter", "--chapters", "texas, GULF", "--json"),
        *("--password-file", str(password_file)),
        capsys=capsys,
    )

    person = User.objects.get(username="carla")
    assert (code, json.loads(out)["role"]) == (0, "chapter")
    assert sorted(chapter.code for chapter in access.chapters_for(person)) == ["GULF", "TX"]
    assert person.check_password(PASSWORD)
    assert not person.is_superuser


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["new", "--role", "boss"], "There is no role 'boss'. Use one of: membership, finance, admin"),
        (["there", "--role", "finance"], "There is a login 'there' already."),
        (["THERE", "--role", "finance"], "There is a login 'THERE' already."),
        (["new", "--role", "chapter"], "A chapter manager without chapters would see nobody."),
        (["new", "--role", "finance", "--chapters", "TX"], "Chapters belong to chapter managers."),
        (
            ["new", "--role", "chapter", "--chapters", "Ohio"],
            "There is no chapter 'Ohio'. Use one of: Gulf, Texas.",
        ),
        (["bad name", "--role", "finance"], "Enter a valid username."),
    ],
)
def test_bad_input_is_one_sentence_exit_2_and_changes_nothing(arguments, sentence, password_file, capsys):
    User.objects.create_user("there")

    code, out, err = create(*arguments, "--password-file", str(password_file), capsys=capsys)

    assert (code, out) == (2, "")
    assert sentence in err
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("short", "This password is too short."), (None, "cannot be read. Name a text file")],
)
def test_a_bad_password_is_refused(content, sentence, tmp_path, capsys):
    path = tmp_path / "password"
    if content is not None:
        path.write_text(content)

    code, _, err = create("new", "--role", "finance", "--password-file", str(path), capsys=capsys)

    assert code == 2
    assert sentence in err


def test_without_a_terminal_there_is_no_prompt(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO())

    code, _, err = create("new", "--role", "finance", capsys=capsys)

    assert code == 2
    assert "Use --password-file." in err

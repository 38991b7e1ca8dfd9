"""The private parts of ministack that our runners hold on to are there, with the shape they rely on."""

from importlib.metadata import version

import pytest

from infra.local import patches

pytestmark = pytest.mark.unit


def test_ministack_is_the_pinned_version() -> None:
    assert version("ministack") == patches.VERSION


def test_every_listed_name_exists_with_its_signature() -> None:
    assert patches.problems() == []


def test_a_changed_signature_and_a_name_that_is_gone_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        patches,
        "PRIVATE",
        {"ministack.services.glue:_start_job_run": "(request)", "ministack.services.glue:_none": None},
    )

    assert patches.problems() == [
        "ministack.services.glue:_start_job_run is now (data)",
        "ministack.services.glue:_none is gone",
    ]


def test_only_listed_names_can_be_used() -> None:
    with pytest.raises(KeyError, match=r"list ministack\.app:app in"):
        patches.get("ministack.app:app")

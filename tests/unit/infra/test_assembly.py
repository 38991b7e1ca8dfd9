"""Templates of several stacks read as one: references lead through imports to the resource meant."""

import json
from pathlib import Path

import pytest

from infra.assembly import Address, Assembly, read_assembly

pytestmark = pytest.mark.unit

DATA = {
    "Resources": {"RawABCDEF01": {"Type": "AWS::S3::Bucket"}},
    "Outputs": {
        "ExportsOutput": {"Value": {"Fn::GetAtt": ["RawABCDEF01", "Arn"]}, "Export": {"Name": "data:RawArn"}},
        "RawBucket": {"Value": {"Ref": "RawABCDEF01"}},
    },
}
PROCESSING = {
    "Resources": {
        "Job01234567": {
            "Type": "AWS::Glue::Job",
            "Properties": {"Objects": {"Fn::Join": ["", [{"Fn::ImportValue": "data:RawArn"}, "/events/*"]]}},
        }
    }
}
RAW = Address(stack="Data", logical_id="RawABCDEF01")
JOB = Address(stack="Processing", logical_id="Job01234567")


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    (tmp_path / "Data.template.json").write_text(json.dumps(DATA))
    (tmp_path / "Processing.template.json").write_text(json.dumps(PROCESSING))
    return read_assembly(tmp_path)


def test_resources_are_found_by_type(assembly: Assembly) -> None:
    assert list(assembly.resources) == [RAW, JOB]
    assert [resource.address.name for resource in assembly.of_type("AWS::S3::Bucket")] == ["Raw"]


def test_a_reference_leads_through_an_import(assembly: Assembly) -> None:
    assert list(assembly.references(assembly.resources[JOB].properties, "Processing")) == [RAW]


def test_strings_are_rendered_with_what_is_not_known_yet_in_brackets(assembly: Assembly) -> None:
    values = [
        assembly.resources[JOB].properties["Objects"],
        {"Ref": "RawABCDEF01"},
        {"Ref": "AWS::Region"},
        {"Fn::Sub": "s3://assets-${AWS::Region}/x"},
        48,
    ]

    assert [assembly.render(value) for value in values] == [
        "<Raw.Arn>/events/*",
        "<Raw>",
        "<AWS::Region>",
        "s3://assets-<AWS::Region>/x",
        "48",
    ]


def test_a_folder_without_templates_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"python -m infra.app --stage dev"):
        read_assembly(tmp_path)

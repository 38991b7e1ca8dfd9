"""Uploads a zip of wheels under a name that Glue knows it by."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk

from infra.wheels import SUFFIX


@dataclass(frozen=True, kw_only=True)
class Wheels:
    """Where a zip of wheels will lie."""

    uri: str
    arn: str


def upload_wheels(stack: cdk.Stack, path: Path) -> Wheels:
    """Have `path` uploaded with the other assets of `stack`."""
    # CDK's own asset would end in .zip, and Glue would take it for something else than wheels.
    name = hashlib.sha256(path.read_bytes()).hexdigest() + SUFFIX
    stage = cdk.Stage.of(stack)
    assert stage is not None  # noqa: S101 - every stack is in a stage, if only the app
    shutil.copyfile(path, Path(stage.outdir) / name)
    location = stack.synthesizer.add_file_asset(
        source_hash=name.removesuffix(".zip"), file_name=name, packaging=cdk.FileAssetPackaging.FILE
    )
    return Wheels(
        uri=location.s3_object_url,
        arn=f"arn:{cdk.Aws.PARTITION}:s3:::{location.bucket_name}/{location.object_key}",
    )

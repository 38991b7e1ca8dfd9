"""`python -m infra.local up|down|status`: the local endpoint, kept running to explore."""

import argparse
import sys
from collections.abc import Sequence

from contract.errors import ConfigurationError
from infra.local.deploy import Clients, DeploymentFailed, deploy
from infra.local.endpoint import Endpoint, EndpointError
from infra.local.synth import synthesize


def main(argv: Sequence[str] | None = None) -> int:
    """Do as asked; 1 with the reason on stderr when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__, allow_abbrev=False)
    parser.add_argument("command", choices=["up", "down", "status"])
    command = {"up": up, "down": down, "status": status}[parser.parse_args(argv).command]
    try:
        command()
    except (ConfigurationError, DeploymentFailed, EndpointError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def up() -> None:
    """Start the endpoint if it does not run, and deploy the local stage to it."""
    endpoint = Endpoint.attach() or Endpoint.start()
    assembly, made = synthesize()
    print(f"templates: {'synthesized' if made else 'unchanged'}")
    outputs = deploy(assembly, Clients.of(endpoint.url, endpoint.environment()))
    for name, value in sorted(outputs.items()):
        print(f"  {name:<18} {value}")
    print(f"\nThe local AWS endpoint answers at {endpoint.url}. Point boto3 and the AWS CLI at it:\n")
    for name, value in endpoint.environment().items():
        print(f"  export {name}={value}")
    print(f"\nIts log is {endpoint.log}. `make down` stops it and keeps its state.")


def down() -> None:
    """Stop the endpoint; its state stays."""
    endpoint = Endpoint.attach()
    print("the local endpoint does not run" if endpoint is None else f"the local endpoint {endpoint.stop()}")


def status() -> None:
    """Say whether the endpoint runs and what its runners do."""
    endpoint = Endpoint.attach()
    if endpoint is None:
        print("the local endpoint does not run; `make up` starts it")
        return
    print(f"{endpoint.url}, process {endpoint.pid}")
    for name, value in endpoint.health().items():
        print(f"  {name:<12} {value}")


if __name__ == "__main__":
    sys.exit(main())

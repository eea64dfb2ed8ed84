"""`arangovis history`."""

from collections.abc import Sequence

import click

from arangovis.cli.options import print_json, target_options
from arangovis.client.client import Client
from arangovis.domain.graph import Node
from arangovis.services.params import Revision


@click.command()
@click.argument("node", required=False)
@click.option("--model-version", type=int, default=None, help="Show the parameters of this model version instead.")
@click.option("--method", default=None, help="Whose parameters (default umap).")
@target_options
def command(
    node: str | None, model_version: int | None, method: str | None, home: str | None, url: str | None, as_json: bool
) -> None:
    """Show every version of NODE (kind/key), or every parameter set of a model version: when, by whom."""
    from arangovis.cli.target import open_client

    if (node is None) == (model_version is None):
        raise click.UsageError("give either NODE or --model-version")
    if method is not None and model_version is None:
        raise click.UsageError("--method goes with --model-version")
    with open_client(home, url) as client:
        if model_version is None:
            _show_versions(client, str(node), as_json=as_json)
        else:
            _show_revisions(client, model_version, method or "umap", as_json=as_json)


def _show_versions(client: Client, node: str, *, as_json: bool) -> None:
    from arangovis.cli.show import console, versions_table

    versions = client.history(node)
    if as_json:
        print_json([_version_document(version) for version in versions])
    else:
        console().print(versions_table(versions))


def _show_revisions(client: Client, number: int, method: str, *, as_json: bool) -> None:
    from arangovis.cli.show import console, revisions_table

    revisions: Sequence[Revision] = client.params_history(number, method)
    if as_json:
        print_json([_revision_document(revision) for revision in revisions])
    elif revisions:
        console().print(revisions_table(revisions))
    else:
        click.echo(f"Nobody set parameters of {method} for model version {number}; the defaults are in force.")


def _version_document(node: Node) -> dict[str, object]:
    version = node.version
    return {
        "version": version.number,
        "at": version.valid_from,
        "actor": version.actor,
        "request_id": version.request_id,
        "deleted": version.deleted,
        "attributes": node.attributes,
    }


def _revision_document(revision: Revision) -> dict[str, object]:
    return {
        "node": str(revision.node),
        "revision": revision.number,
        "current": revision.current,
        "at": revision.at,
        "actor": revision.actor,
        "request_id": revision.request_id,
        "values": dict(revision.params.values),
        "options": revision.params.options(),
        "runs": [str(run) for run in revision.runs],
    }

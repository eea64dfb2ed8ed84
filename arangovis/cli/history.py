"""`arangovis history`."""

import click
import orjson

from arangovis.cli.options import target_options


@click.command()
@click.argument("node", required=False)
@click.option("--model-version", type=int, default=None, help="Show the parameters of this model version instead.")
@click.option("--method", default="umap", show_default=True, help="Whose parameters.")
@target_options
def command(
    node: str | None, model_version: int | None, method: str, home: str | None, url: str | None, as_json: bool
) -> None:
    """Show every version of NODE (kind/key), or every parameter set of a model version: when, by whom."""
    from arangovis.cli.show import console, revisions_table, versions_table
    from arangovis.cli.target import open_client

    if (node is None) == (model_version is None):
        raise click.UsageError("give either NODE or --model-version")
    with open_client(home, url) as client:
        if model_version is not None:
            revisions = client.params_history(model_version, method)
            table = revisions_table(revisions)
            rows = [
                {"revision": r.number, "at": r.at, "actor": r.actor, "values": dict(r.params.values)} for r in revisions
            ]
        else:
            versions = client.history(str(node))
            table = versions_table(versions)
            rows = [
                {
                    "version": v.version.number,
                    "at": v.version.valid_from,
                    "actor": v.version.actor,
                    "attributes": v.attributes,
                }
                for v in versions
            ]
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    else:
        console().print(table)

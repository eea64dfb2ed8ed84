"""`arangovis ask`: a question a command, imported when it is called."""

import importlib
from collections.abc import Mapping

import click

QUESTIONS: Mapping[str, tuple[str, str]] = {
    "origin": ("Which run made a node, from what, and who set the parameters.", "questions_graph:origin"),
    "impact": ("What must be redone if a node is wrong.", "questions_graph:impact"),
    "redo": ("Have it redone, or say what would be.", "questions_graph:redo"),
    "field": ("How a parameter or another field changed, and by whom.", "questions_graph:field"),
    "diff": ("What differs between two runs.", "questions_graph:diff"),
    "stale": ("What rests on inputs of which there is a newer version.", "questions_graph:stale"),
    "path": ("The shortest chain between two nodes.", "questions_graph:path"),
    "common": ("What two nodes share upstream.", "questions_graph:common"),
    "leakage": ("Whether test data were trained on.", "questions_graph:leakage"),
    "timeline": ("How a metric moved over the versions of a model.", "questions_graph:timeline"),
    "reproduce": ("Whether a run can be reproduced, and what came out.", "questions_graph:reproduce"),
    "running": ("What runs now, and what waits for it.", "questions_graph:running"),
    "content": ("What has exactly this content, and who made and read it.", "questions_search:content"),
    "failures": ("Which runs failed with an input, and whether a retry helped.", "questions_search:failures"),
    "best": ("The run with the best value of a metric.", "questions_search:best"),
    "job": ("What all runs of a method read and made.", "questions_graph:job"),
    "rows": ("What holds a row of a data set.", "questions_stewardship:rows"),
    "point": ("Which row a point of a plot is.", "questions_stewardship:point"),
    "columns": ("Which columns a column was made of, or what of it.", "questions_stewardship:columns"),
    "audit": ("Who did what to a node, and with it.", "questions_stewardship:audit"),
    "deletion": ("What deleting a node would do.", "questions_stewardship:deletion"),
    "retention": ("What nobody uses any more.", "questions_stewardship:retention"),
    "verify": ("Whether the bytes upstream of a node are sound.", "questions_stewardship:verify"),
    "environments": ("Which software ran upstream of a node.", "questions_stewardship:environments"),
    "package": ("What came of the runs that used a package.", "questions_stewardship:package"),
    "techniques": ("Which modelling techniques were tried.", "questions_trials:techniques"),
    "features": ("Which transformations of features were tried.", "questions_trials:features"),
    "transformations": ("Which transformation of features helps.", "questions_trials:transformations"),
    "gains": ("What adding a feature gained.", "questions_trials:gains"),
    "datasets": ("Which data sets were used in a period.", "questions_trials:datasets"),
    "influences": ("Which data sets influence which models.", "questions_trials:influences"),
    "derived": ("Which models came of a data set, or are affected if it goes.", "questions_trials:derived"),
    "trained": ("How a model was trained, as of a time.", "questions_trials:trained"),
    "recipe": ("What doing a run again takes.", "questions_trials:recipe"),
    "ranking": ("Which model is best.", "questions_trials:ranking"),
}
"""The questions: what they are about, and where the command is, as `module:name` in this package."""


class _Questions(click.Group):
    """Finds a question in its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the questions in their order."""
        return list(QUESTIONS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command of a question."""
        if cmd_name not in QUESTIONS:
            return None
        module, _, name = QUESTIONS[cmd_name][1].partition(":")
        command = getattr(importlib.import_module(f"arangovis.cli.{module}"), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the questions without importing their modules."""
        with formatter.section("Questions"):
            formatter.write_dl([(name, text) for name, (text, _) in QUESTIONS.items()])


@click.group(cls=_Questions)
def command() -> None:
    """Ask the graph a question; nodes are named as kind/key."""

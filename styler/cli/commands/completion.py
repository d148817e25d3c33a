"""``styler completion``: what a shell needs to complete verbs and options."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that teaches a shell to complete styler's verbs, options and files.

    \b
    styler completion bash >> ~/.bashrc
    styler completion zsh >> ~/.zshrc
    styler completion fish > ~/.config/fish/completions/styler.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root()
    click.echo(kind(root.command, {}, "styler", "_STYLER_COMPLETE").source())

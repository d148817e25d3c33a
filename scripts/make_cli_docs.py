"""Write docs/cli.md, the manual of the command line, from the commands themselves.

    python scripts/make_cli_docs.py

A test compares the file with what this makes.
"""

import inspect
from pathlib import Path

import click

from styler.cli.app import EXIT_CODES, app

PATH = Path(__file__).parents[1] / "docs" / "cli.md"

INTRODUCTION = """\
# The command line

Made from the commands by `python scripts/make_cli_docs.py`; `styler --help` and
`styler VERB --help` say the same.
"""

NOT_RUN = "<!-- not run: examples of the help, which tests/cli/test_manual.py runs -->"

SETTINGS = """\
## Configuration and environment

Every option can be set in three places. The command line wins over the environment, and the
environment over the file.

```sh
styler stylize photo.jpg --style hiroshige-yui --strength 0.8 -o weaker.png
STYLER_STYLIZE_STRENGTH=0.8 styler stylize photo.jpg --style hiroshige-yui -o same.png
```

The environment variable of an option is `STYLER_`, the verb and the option in capitals, with
underscores; options that may be given several times take several values separated by spaces, and
files (`STYLER_STYLIZE_MASK`) by `:`, on Windows by `;`. The server's settings are also read without
the verb: `STYLER_QUEUE` is `STYLER_SERVE_QUEUE`.

The file is `config.toml` in the user's configuration folder (`~/.config/styler` on Linux,
`~/Library/Application Support/styler` on macOS, `%LOCALAPPDATA%\\styler\\styler` on Windows;
`styler info` prints its place), or what `--config` or `STYLER_CONFIG` names. It has a table per
verb, with the options as keys:

```toml
[stylize]
style = ["NAME=0.7", "OTHER=0.3"]
strength = 0.8
size = "2MP"

[serve]
port = 8080

[style.save]
style-size = 256
```

A table or a key that is no verb or option is an error, so that nothing misspelt is ignored.

## Files

| file | holds |
| --- | --- |
| `config.toml` | the configuration, see above |
| `NAME.style` | a style; your own are in the folder `STYLER_STYLES`, or where `styler info` says |
| `.styler.jsonl` | beside what was painted: from which photo, with which settings |
| `jobs.sqlite` | the queue of `styler jobs`, in the user's data folder unless `--queue` says |
| `.*.styler-part` | what a killed run had not finished; the next one removes it |

## Exit codes

"""


def manual() -> str:
    """The whole page."""
    root = click.Context(app, info_name="styler", **app.context_settings)
    codes = "".join(f"| {code} | {text} |\n" for code, text in EXIT_CODES.items())
    sections = [INTRODUCTION, _section(app, root), *_verbs(app, root)]
    sections.append(SETTINGS + "| code | meaning |\n| --- | --- |\n" + codes)
    return "\n".join(section.rstrip() + "\n" for section in sections)


def _verbs(group: click.Group, ctx: click.Context) -> list[str]:
    sections = []
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        child = click.Context(command, parent=ctx, info_name=name)
        sections.append(_section(command, child))
        if isinstance(command, click.Group):
            sections += _verbs(command, child)
    return sections


def _section(command: click.Command, ctx: click.Context) -> str:
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    lines = [f"## {ctx.command_path}", "", "```", usage, "```", "", *_description(command), ""]
    if isinstance(command, click.Group):
        lines += ["| verb | does |", "| --- | --- |"]
        for name in command.list_commands(ctx):
            full = f"{ctx.command_path} {name}"
            anchor = full.replace(" ", "-")
            verb = command.get_command(ctx, name)
            assert verb is not None
            summary = verb.get_short_help_str(200)
            lines.append(f"| [`{full}`](#{anchor}) | {summary} |")
        lines.append("")
    rows = [
        _row(p)
        for p in command.get_params(ctx)
        if isinstance(p, click.Option) and "--help" not in p.opts
    ]
    if rows:
        lines += ["| option | meaning | default |", "| --- | --- | --- |", *rows]
    return "\n".join(lines)


def _row(option: click.Option) -> str:
    """An option as a row of a table, in words that do not depend on click's version."""
    names = ", ".join(option.opts) + "".join(f" / {name}" for name in option.secondary_opts)
    text, _, default = (option.help or "").removesuffix("]").partition("  [default: ")
    if option.required:
        default = "required"
    elif option.show_default:
        positive, negative = (
            flags[0].lstrip("-") if flags else "" for flags in (option.opts, option.secondary_opts)
        )
        default = (
            (positive if option.default else negative) if option.is_flag else str(option.default)
        )
    cells = (f"`{' '.join(filter(None, (names, _value(option))))}`", text, default)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(option: click.Option) -> str:
    """What stands behind an option's name."""
    kind = option.type
    if option.is_flag:
        return ""
    if option.metavar:
        return option.metavar
    if isinstance(kind, click.Choice):
        return "|".join(str(choice) for choice in kind.choices)
    if isinstance(kind, click.IntRange | click.FloatRange):
        low, high = kind.min, kind.max
        return f"{low}..{high}" if high is not None else f"{low}.."
    if isinstance(kind, click.Path):
        return "FILE" if not kind.dir_okay else "FOLDER" if not kind.file_okay else "PATH"
    return {"integer": "N", "float": "X"}.get(kind.name, "TEXT")


def _description(command: click.Command) -> list[str]:
    """The help text as Markdown: paragraphs as they are, examples as code."""
    lines = []
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b\n"):
            lines += [NOT_RUN, "```sh", paragraph.removeprefix("\b\n").rstrip(), "```", ""]
        else:
            lines += [paragraph.rstrip(), ""]
    return lines[:-1]


if __name__ == "__main__":
    PATH.write_text(manual(), "utf-8")

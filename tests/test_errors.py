"""The hierarchy that exit codes and HTTP statuses hang on."""

import inspect

import pytest

from styler import errors


def every_error() -> list[type[Exception]]:
    return [value for _, value in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("error", every_error())
def test_has_one_base_and_a_docstring(error: type[Exception]) -> None:
    assert issubclass(error, errors.StylerError)
    assert inspect.getdoc(error)
    assert str(error("one line")) == "one line"


@pytest.mark.parametrize(
    ("error", "at_fault"),
    [
        (errors.ImageError, True),
        (errors.TooLargeError, True),
        (errors.VideoError, True),
        (errors.StyleError, True),
        (errors.ParameterError, True),
        (errors.OutputError, True),
        (errors.TrainingError, True),
        (errors.StorageError, False),
        (errors.WeightsError, False),
        (errors.MissingDependencyError, False),
    ],
)
def test_says_whether_the_input_is_at_fault(error: type[Exception], at_fault: bool) -> None:
    assert issubclass(error, errors.InputError) is at_fault


def test_too_large_is_an_image_error() -> None:
    assert issubclass(errors.TooLargeError, errors.ImageError)

"""What the tests of the chapters share."""

import pytest

from aconv.companion.runs.results_cache import FOLDER_VARIABLE


@pytest.fixture
def results(tmp_path, monkeypatch):
    """An empty folder of kept results."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

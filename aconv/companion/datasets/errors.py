"""What can go wrong with a data file."""


class DataFileError(OSError):
    """A data file that is needed cannot be used; the message says what to do."""


class CorruptFileError(DataFileError):
    """A file is there, but its content is not what its checksum promises."""


class DownloadError(DataFileError):
    """A file is not there, and no address gave it."""

"""The paper's studies: what each version of them trains, and on what."""

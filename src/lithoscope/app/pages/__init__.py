"""One module a page; each has one page()."""

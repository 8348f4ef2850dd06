"""The parts of `yibao simulate`: the table of cases, rules changed on paper, the run on all cores, tables, the page."""

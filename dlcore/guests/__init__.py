"""Networks of others, published or brought: held and asked in one bounded process beside this one."""

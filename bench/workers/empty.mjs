// A script like open.mjs that does nothing: what Node itself takes for one is no program's own.

/** How the page looks. */

/** Enough to read by, light and dark. */
export const STYLE = `
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; }
header { display: flex; gap: 1.5rem; align-items: baseline; flex-wrap: wrap; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1rem; } header p { margin: 0; opacity: .75; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; } dt { opacity: .75; } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; } td, th { padding: .15rem .6rem .15rem 0; vertical-align: top; }
nav { display: flex; gap: 1rem; margin: .8rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
nav a { padding: .2rem 0; color: inherit; text-decoration: none; opacity: .75; }
nav a[aria-current] { opacity: 1; font-weight: 600; border-bottom: 2px solid; }
section { overflow-x: auto; }
td[data-value="alive"], td[data-value="active"] { color: light-dark(#176b2c, #6fce85); }
td[data-value="dead"], td[data-value="stale"], td[data-value="failed"], td[data-value="blocked"] { color: light-dark(#a3201f, #ff8f87); font-weight: 600; }
td[data-value="unknown"], td[data-value="none"] { opacity: .6; }
#events td:last-child { overflow-wrap: anywhere; font-family: ui-monospace, monospace; font-size: 12px; }
`

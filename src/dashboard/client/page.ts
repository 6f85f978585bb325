/** The page. A text, because it is served under a strict CSP with its script and style as files. */

/** The page; everything in it is filled in by the script. */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Holdfast</title>
<link rel="stylesheet" href="/style.css">
<header><h1>Holdfast</h1><p id="path"></p><p id="state" role="status">connecting</p></header>
<nav id="pages" aria-label="Pages"><a href="#store">store</a></nav>
<main>
<div class="page" id="page-store">
<section><h2>Store</h2><dl id="facts"></dl></section>
<section><h2>Modules</h2><table><thead><tr><th>module<th>version<th>state</thead><tbody id="modules"></tbody></table></section>
<section><h2>Log</h2><table><thead><tr><th>sequence<th>recorded<th>type<th>stream<th>data</thead><tbody id="events"></tbody></table></section>
</div>
</main>
<script type="module" src="/client.js"></script>
</html>
`

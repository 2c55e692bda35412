/**
 * `npm run docs:site`: builds a website of the documents in site/dist, which any web server can serve; nothing in it is fetched from elsewhere.
 * Its pages are the Markdown files that the repository shows, and API.md split by class; its navigation is docs/README.md. A link or an anchor
 * that leads nowhere fails the build, and so does a page that is missing.
 *
 *   npm run docs:site -- [--base /cdk8s-mesh/] [--serve]
 *
 * `--base` is the path that the site has on its server. `--serve` serves it on 127.0.0.1 when it is built.
 *
 * VitePress makes it, for it brings a search that needs no server, light and dark, and pages for phones; Docusaurus and Starlight do so too, with
 * several times as many packages, and for Eleventy theme and search would have to be written.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, serve } from 'vitepress';
import { broken } from './links.mjs';
import { IMAGES, sitePages } from './pages.mjs';

process.chdir(new URL('..', import.meta.url).pathname);

const ROOT = 'site';
const PAGES = 'site/pages';
const OUTPUT = 'site/dist';

const { values: { base, serve: serving } } = parseArgs({ options: { base: { type: 'string', default: '/' }, serve: { type: 'boolean', default: false } } });
const began = performance.now();

rmSync(PAGES, { recursive: true, force: true });
rmSync(OUTPUT, { recursive: true, force: true });
const pages = sitePages();
for (const [name, text] of pages) {
  mkdirSync(dirname(join(PAGES, name)), { recursive: true });
  writeFileSync(join(PAGES, name), text);
}
cpSync(IMAGES, join(PAGES, IMAGES), { recursive: true });

await build(ROOT, { base });

const wrong = broken(OUTPUT, base, [...pages.keys()].map((name) => name.replace(/\.md$/, '.html')));
for (const line of wrong) console.error(line);
if (wrong.length > 0) process.exit(1);
console.log(`${OUTPUT}: ${pages.size} pages in ${((performance.now() - began) / 1_000).toFixed(0)} s; all links lead somewhere`);

if (serving) await serve({ root: ROOT, base, port: 4173 });

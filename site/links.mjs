/** Checks the built site: that its pages are all there, and that every link, image and anchor of their HTML leads to something in it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';

/** @returns {string[]} what is wrong, a line each */
export function broken(folder, base, expected) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
  const pages = new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  const anchors = new Set([...pages].flatMap(([name, html]) => [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => `${name}#${id}`)));
  const wrong = new Set(expected.filter((name) => !pages.has(name)).map((name) => `${name}: this page was not built`));
  for (const [name, html] of pages) {
    for (const [, url] of html.matchAll(/ (?:href|src)="([^"]*)"/g)) {
      const problem = problemOf(decoded(url), name);
      if (problem) wrong.add(`${name}: '${url}' ${problem}`);
    }
    // What a reader needs no network for: scripts, styles, fonts and images come from the site itself.
    for (const [tag] of html.matchAll(/<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?:https?:)?\/\/[^>]*>/g)) wrong.add(`${name}: ${tag} is fetched from elsewhere`);
  }
  return [...wrong];

  function problemOf(url, page) {
    if (/^([a-z]+:|\/\/)/.test(url)) return undefined;
    const [path, anchor] = url.split('#');
    if (path.startsWith('/') && !path.startsWith(base)) return `is outside of ${base}`;
    const whole = path === '' ? page : path.startsWith('/') ? path.slice(base.length) : posix.join(posix.dirname(page), path);
    const file = whole === '' || whole.endsWith('/') ? `${whole}index.html` : whole;
    const found = [file, `${file}.html`].find((candidate) => pages.has(candidate));
    if (found === undefined) return existsSync(join(folder, file)) ? undefined : 'leads nowhere';
    return anchor && !anchors.has(`${found}#${anchor}`) ? `leads to no heading of ${found}` : undefined;
  }
}

function decoded(url) {
  return decodeURI(url.replaceAll('&amp;', '&'));
}

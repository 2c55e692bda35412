/**
 * The pages of the site, as Markdown that VitePress reads: every document that can be reached by links from README.md, and a page for each class of
 * API.md. Links are rewritten, for a README is the index of its folder here, and what is no page is shown by the repository.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { API_REFERENCE } from '../scripts/pages/index.mjs';
import { apiPages } from './api.mjs';

export const IMAGES = 'docs/images';
const START = 'README.md';

const { repository } = JSON.parse(readFileSync('package.json', 'utf8'));
export const REPOSITORY = repository.url.replace(/^git\+|\.git$/g, '');

/** @returns {Map<string, string>} from the page's name, `docs/init.md`, to its text */
export function sitePages() {
  const pages = new Map(apiPages(readFileSync(API_REFERENCE, 'utf8')));
  const found = new Set([START]);
  for (const file of found) {
    const text = eachLink(readFileSync(file, 'utf8'), (target) => {
      const { path, anchor } = linked(file, target);
      if (path === undefined) return target;
      if (!path.endsWith('.md')) return path.startsWith(IMAGES) ? target : inRepository(path) + anchor;
      if (path !== API_REFERENCE) found.add(path);
      return posix.relative(posix.dirname(file), pageOf(path)) + anchor;
    });
    pages.set(pageOf(file), text);
  }
  return pages;
}

/** The page that a document of the repository is: `docs/README.md` is `docs/index.md`. */
export function pageOf(file) {
  return file === API_REFERENCE ? 'api/index.md' : file.replace(/README\.md$/, 'index.md');
}

/** Where a link of a document leads: a file of the repository; or out of it, or within the document, without a path. */
export function linked(file, target) {
  const [local] = target.split('#', 1);
  const anchor = target.slice(local.length);
  if (local === '' || /^[a-z]+:/.test(local)) return { anchor };
  return { path: posix.join(posix.dirname(file), local), anchor };
}

function inRepository(path) {
  if (!existsSync(path)) throw new Error(`a document links to '${path}', which is not there`);
  return `${REPOSITORY}/${statSync(path).isDirectory() ? 'tree' : 'blob'}/main/${path}`;
}

/** Replaces the target of each link outside of fences. */
function eachLink(markdown, replace) {
  let fenced = false;
  return markdown.split('\n').map((line) => {
    if (line.startsWith('```')) fenced = !fenced;
    return fenced ? line : line.replace(/(`[^`]*`)|(\]\()([^)\s]+)(?=\))/g, (_, code, before, target) => code ?? before + replace(target));
  }).join('\n');
}

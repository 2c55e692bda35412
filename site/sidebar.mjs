/** The navigation: the sections and links of docs/README.md, and the types of API.md. */
import { typesOf } from './api.mjs';
import { linked, pageOf } from './pages.mjs';

const INDEX = 'docs/README.md';
/** Of these sections only the heading is shown until it is clicked: they are long, and few readers come for them. */
const CLOSED = ['Results', 'Decisions'];

export function documents(markdown) {
  /** @type {{ text: string, collapsed: boolean, items: { text: string, link: string }[] }[]} */
  const groups = [];
  for (const line of markdown.split('\n')) {
    const [, heading] = /^## (.+)$/.exec(line) ?? [];
    if (heading) groups.push({ text: heading, collapsed: CLOSED.includes(heading), items: [] });
    // The first link of an item is the page that it is about.
    const [, text, target] = /^- \[([^\]]+)\]\(([^)]+)\)/.exec(line) ?? [];
    const { path } = linked(INDEX, target ?? '');
    if (path) groups.at(-1)?.items.push({ text: text.replaceAll('`', ''), link: `/${pageOf(path).replace(/(index)?\.md$/, '')}` });
  }
  return groups;
}

export function api(markdown) {
  const groups = new Map();
  for (const { kind, name } of typesOf(markdown)) {
    if (!groups.has(kind)) groups.set(kind, { text: kind, collapsed: kind === 'Structs', items: [] });
    groups.get(kind).items.push({ text: name, link: `/api/${name}` });
  }
  return [...groups.values()];
}

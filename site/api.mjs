/** Splits API.md, one file of some 20,000 lines, into a page for each class and an index of them. */

/** What encloses the anchor of a heading. Braces alone, which are usual, are in types: `{[ key: string ]: string}`. */
export const ATTRIBUTES = { leftDelimiter: '{:', rightDelimiter: ':}' };

const KIND = /^## (\w+) /;
const NAME = /^### (\w+) /;
const HEADING = /^##(##+) (.*?) *<a name="[^"]*" id="([^"]*)"><\/a>$/;

/** @returns {[string, string][]} names of pages and their text, the index first */
export function apiPages(markdown) {
  const types = typesOf(markdown);
  const known = new Set(types.map(({ name }) => name));
  return [['api/index.md', index(types)], ...types.map(({ name, lines }) => /** @type {[string, string]} */ ([`api/${name}.md`, page(name, lines, known)]))];
}

/** Every type of API.md: its kind, which is the heading above it, its name, and its lines. */
export function typesOf(markdown) {
  /** @type {{ kind: string, name: string, lines: string[] }[]} */
  const types = [];
  let kind = '';
  let fenced = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced;
    const [, newKind] = (!fenced && KIND.exec(line)) || [];
    const [, name] = (!fenced && NAME.exec(line)) || [];
    if (newKind) kind = newKind;
    else if (name) types.push({ kind, name, lines: [] });
    else types.at(-1)?.lines.push(line);
  }
  return types;
}

function page(name, lines, known) {
  const text = lines.filter((line) => line !== '---').map((line) => line
    // Two levels up, for the type is the page's title.
    .replace(/<sup>(Required|Optional)<\/sup>/, (_, use) => ` <Badge type="info" text="${use.toLowerCase()}" />`)
    .replace(HEADING, (_, level, title, id) => `${level} ${title} ${ATTRIBUTES.leftDelimiter}#${id}${ATTRIBUTES.rightDelimiter}`)
    .replace(/href="#(cdk8s-mesh\.(\w+)([^"]*))"/g, (_, id, type, member) => {
      if (!known.has(type)) throw new Error(`API.md links to '${id}', which is no type of it`);
      return `href="${type === name ? '' : `./${type}.html`}${member === '' ? '' : `#${id}`}"`;
    }));
  return `# ${name}\n${text.join('\n')}`;
}

function index(types) {
  const kinds = [...new Set(types.map(({ kind }) => kind))];
  return `# API\n\nEvery class, prop and value of the package. Begin with [MeshService](MeshService.md), [Gateway](Gateway.md) and [Mesh](Mesh.md).\n\n${kinds.map((kind) => `## ${kind}\n\n${types.filter((type) => type.kind === kind)
    .map(({ name, lines }) => `- [${name}](${name}.md): ${summary(lines)}`).join('\n')}\n`).join('\n')}`;
}

/** The first paragraph of a type's text. */
function summary(lines) {
  const start = lines.findIndex((line) => line !== '');
  return lines.slice(start, lines.indexOf('', start)).join(' ');
}

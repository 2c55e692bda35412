/**
 * Reads what tests check of the documents: fenced blocks, links, headings. It knows the forms that these documents use, and
 * not all of Markdown; `read` refuses the ones that would go unseen.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '../..');

/** Every document that people read from top to bottom. API.md is written by a tool from the constructs. */
export const DOCUMENTS = [
  'README.md',
  'CHANGELOG.md',
  ...['docs', 'examples', 'templates'].flatMap(pagesIn),
];

function pagesIn(folder: string): string[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md')).sort().map((name) => `${folder}/${name}`);
}

/** A fenced block. */
export interface Block {
  /** `docs/image.md:12`, where its first line is. */
  readonly where: string;
  /** What follows the fence: `ts`. */
  readonly language: string;
  readonly text: string;
  /** The heading above it, of whatever level; empty when there is none. */
  readonly heading: string;
}

export interface Link {
  readonly where: string;
  readonly target: string;
}

export interface Page {
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** Files of this repository that its text names without a link. */
  readonly files: readonly Link[];
  /** The anchors of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
}

/** Reads a document of this repository. */
export function read(file: string): Page {
  return parse(readFileSync(join(REPOSITORY, file), 'utf8'), file);
}

export function parse(markdown: string, file: string): Page {
  const blocks: Block[] = [];
  const links: Link[] = [];
  const files: Link[] = [];
  const anchors = new Set<string>();
  let above = '';
  let open: { at: number; language: string; lines: string[] } | undefined;
  markdown.split('\n').forEach((line, index) => {
    const where = `${file}:${index + 1}`;
    if (open) {
      if (line === '```') {
        blocks.push({ where: `${file}:${open.at}`, language: open.language, text: open.lines.join('\n'), heading: above });
        open = undefined;
      } else {
        open.lines.push(line);
      }
    } else if (line.startsWith('```')) {
      open = { at: index + 2, language: line.slice(3), lines: [] };
    } else if (line.startsWith('    ') && markdown.split('\n')[index - 1] === '') {
      throw new Error(`${where}: a block by indentation, which no test reads; fence it with \`\`\` and its language`);
    } else {
      const heading = /^#+ (.+)$/.exec(line);
      if (heading) {
        above = heading[1];
        addAnchor(anchors, above);
      }
      for (const [, target] of line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) links.push({ where, target });
      for (const [, target] of line.matchAll(/`((?:bench|examples|image|schema|scripts|src|test)\/[\w./-]+\.\w+)`/g)) files.push({ where, target });
    }
  });
  if (open) throw new Error(`${file}:${open.at - 1}: this fence is not closed`);
  return { blocks, links, files, anchors };
}

/** All blocks of a language, over all documents. */
export function blocksOf(language: string): Block[] {
  return DOCUMENTS.flatMap((file) => read(file).blocks).filter((block) => block.language === language);
}

function addAnchor(anchors: Set<string>, heading: string): void {
  const anchor = heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replace(/ /g, '-');
  let name = anchor;
  for (let count = 1; anchors.has(name); count += 1) name = `${anchor}-${count}`;
  anchors.add(name);
}

import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { DOCUMENTS, Link, parse, read, REPOSITORY } from './markdown';

/** What is wrong with a link; undefined when it leads somewhere in this repository, or out of it. */
function broken({ where, target }: Link): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path, anchor] = target.split('#');
  const from = where.slice(0, where.lastIndexOf(':'));
  const file = path === '' ? from : posix.join(dirname(from), path);
  if (!existsSync(join(REPOSITORY, file))) return `${where}: there is no '${file}'`;
  if (anchor === undefined || read(file).anchors.has(anchor)) return undefined;
  return `${where}: ${file} has no heading with the anchor '#${anchor}'`;
}

describe('links in the documents', () => {
  it.each(DOCUMENTS)('lead to files and headings that are there: %s', (file) => {
    expect(read(file).links.map(broken).filter(Boolean)).toEqual([]);
  });

  it('are told with their place when they lead nowhere', () => {
    const { links } = parse('[a](nowhere.md)\n[b](image.md#no-such-heading) [c](image.md#build-it) `[d](code.md)`\n[e](https://cdk8s.io)', 'docs/x.md');
    expect(links.map(broken).filter(Boolean)).toEqual([
      "docs/x.md:1: there is no 'docs/nowhere.md'",
      "docs/x.md:2: docs/image.md has no heading with the anchor '#no-such-heading'",
    ]);
  });

  it('reach every page of docs/ from its index', () => {
    const linked = new Set(read('docs/README.md').links.map(({ target }) => posix.join('docs', target)));
    expect(DOCUMENTS.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md' && !linked.has(file))).toEqual([]);
  });
});

/** Files that a reader writes by the example of a document. */
const TO_WRITE = /\/(NAME|least-utilized)\./;

test.each(DOCUMENTS)('files that are named without a link are there: %s', (file) => {
  expect(read(file).files.filter(({ target }) => !existsSync(join(REPOSITORY, target)) && !TO_WRITE.test(target))).toEqual([]);
});

/** The website of the documents: its pages, its navigation, the check of its links. `npm run docs:site` shows that VitePress can build it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DOCUMENTS, read, REPOSITORY } from './markdown';

/** What a module of site/ returns; a process of its own, for these are modules that jest does not load. */
function ofSite<T>(module: string, expression: string): T {
  const script = `import * as site from './site/${module}.mjs'; import { readFileSync } from 'node:fs'; console.log(JSON.stringify(${expression}))`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: REPOSITORY, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

const pages = new Map(ofSite<[string, string][]>('pages', '[...site.sitePages()]'));

describe('pages of the site', () => {
  it('are all documents but those of templates', () => {
    const expected = DOCUMENTS.filter((file) => !file.startsWith('templates/')).map((file) => file.replace('README.md', 'index.md'));
    expect(expected.filter((name) => !pages.has(name))).toEqual([]);
  });

  it('are one for each type of the API, linked to each other', () => {
    expect(pages.get('api/index.md')).toContain('- [MeshService](MeshService.md): A service that is called through the mesh');
    expect(pages.get('api/MeshService.md')).toContain('{:#cdk8s-mesh.MeshService.Initializer:}');
    expect(pages.get('api/MeshService.md')).toContain('href="./MeshServiceProps.html"');
    expect([...pages.keys()].filter((name) => name.startsWith('api/')).length).toBeGreaterThan(150);
  });

  it('lead to pages of the site where there are such, otherwise to the repository', () => {
    expect(pages.get('index.md')).toContain('](docs/index.md#decisions)');
    expect(pages.get('index.md')).toContain('](https://github.com/cdk8s-mesh/cdk8s-mesh/blob/main/examples/shop/shop.ts)');
    expect(pages.get('docs/index.md')).toContain('](../api/index.md)');
  });
});

test('the navigation is the index of the documents', () => {
  const groups = ofSite<{ text: string; items: { text: string; link: string }[] }[]>('sidebar', "site.documents(readFileSync('docs/README.md', 'utf8'))");
  const links = groups.flatMap(({ items }) => items.map(({ link }) => link));
  expect(groups[0]).toMatchObject({ text: 'Begin', items: expect.arrayContaining([{ text: 'cdk8s-mesh init', link: '/docs/init' }]) });
  expect(links).toHaveLength(read('docs/README.md').links.length - FIRST_TEN_MINUTES);
  expect(links.filter((link) => !pages.has(`${link.replace(/\/$/, '/index').slice(1)}.md`))).toEqual([]);
});

/** Links of the paragraph before the first section. */
const FIRST_TEN_MINUTES = 4;

test('what leads nowhere, is missing or is fetched from elsewhere is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-site-'));
  try {
    const write = (name: string, html: string): void => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), html);
    };
    write('index.html', '<h2 id="a">A</h2><a href="#a">fine</a><a href="docs/up.html#b">fine</a><a href="/m/docs/up">fine</a><a href="https://cdk8s.io">fine</a>'
      + '<a href="#c">1</a><a href="docs/up.html#a">2</a><a href="gone.html">3</a><a href="/docs/up">4</a><img src="https://cdn.example/x.png">');
    write('docs/up.html', '<h2 id="b">B</h2><a href="../">fine</a>');
    expect(ofSite('links', `site.broken(${JSON.stringify(folder)}, '/m/', ['index.html', 'api/Mesh.html'])`)).toEqual([
      'api/Mesh.html: this page was not built',
      "index.html: '#c' leads to no heading of index.html",
      "index.html: 'docs/up.html#a' leads to no heading of docs/up.html",
      "index.html: 'gone.html' leads nowhere",
      "index.html: '/docs/up' is outside of /m/",
      'index.html: <img src="https://cdn.example/x.png"> is fetched from elsewhere',
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** What documents show of commands that work on YAML is what they print of the example. `UPDATE_DOCS=1` writes it anew. */
import { App, Chart, Testing, YamlOutputType } from 'cdk8s';
import { Construct } from 'constructs';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { main } from '../../src/cli/main';
import { blocksOf, read, REPOSITORY } from './markdown';
import { wordsOf } from './words';

const SHOP = readFileSync(join(REPOSITORY, 'examples/shop/shop.ts'), 'utf8');

/** By the name that the documents give them. */
const folders = new Map<string, string>();

beforeAll(() => {
  for (const name of ['dist/', 'old/']) folders.set(name, synthesize(SHOP));
  folders.set('new/', synthesize(changed(SHOP)));
});
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** The example with the change that docs/diff.md shows. */
function changed(source: string): string {
  const { text } = read('docs/diff.md').blocks.find(({ language }) => language === 'diff')!;
  const lines = (hunk: string, sign: string): string => hunk.split('\n').filter((line) => line.startsWith(sign)).map((line) => line.slice(1)).join('\n');
  return text.split(/\n(?=-)(?<=\n\+[^\n]*\n)/).reduce((before, hunk) => {
    expect(before).toContain(lines(hunk, '-'));
    return before.replace(lines(hunk, '-'), lines(hunk, '+'));
  }, source).replace('import { Availability,', 'import { Retry, Availability,');
}

function synthesize(source: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-docs-'));
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  const exported = {} as { Shop: new (scope: Construct, id: string) => Chart };
  new Function('require', 'exports', outputText)(require, exported);
  const app: App = Testing.app({ outdir: folder, yamlOutputType: YamlOutputType.FILE_PER_APP });
  new exported.Shop(app, 'shop');
  app.synth();
  return folder;
}

/** What a command prints. */
async function printed(line: string): Promise<string> {
  const [, ...args] = wordsOf(line.replace('$ ', ''));
  let text = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { text += String(chunk); return true; });
  try {
    expect(await main(args.map((word) => folders.get(word) ?? word))).toBe(0);
  } finally {
    write.mockRestore();
  }
  return text.trimEnd();
}

test.each(blocksOf('console').map((block) => [block.where, block] as const))('%s shows what the command prints', async (where, { text }) => {
  const [line] = text.split('\n');
  const shown = `${line}\n${await printed(line)}`;
  if (process.env.UPDATE_DOCS === '1') {
    const file = join(REPOSITORY, where.split(':')[0]);
    writeFileSync(file, readFileSync(file, 'utf8').replace(`\`\`\`console\n${text}\n`, () => `\`\`\`console\n${shown}\n`));
  } else {
    expect(text).toBe(shown);
  }
});

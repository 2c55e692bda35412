/** What documents show of commands that work on YAML is what they print of the example. `UPDATE_DOCS=1` writes it anew. */
import { App, Testing, YamlOutputType } from 'cdk8s';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop } from '../../examples/shop/shop';
import { main } from '../../src/cli/main';
import { blocksOf, REPOSITORY } from './markdown';
import { wordsOf } from './words';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-docs-'));
  const app: App = Testing.app({ outdir: folder, yamlOutputType: YamlOutputType.FILE_PER_APP });
  new Shop(app, 'shop');
  app.synth();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a command prints, with the example's YAML for `dist/`. */
async function printed(line: string): Promise<string> {
  const [, ...args] = wordsOf(line.replace('$ ', ''));
  let text = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { text += String(chunk); return true; });
  try {
    await main(args.map((word) => (word === 'dist/' ? folder : word)));
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

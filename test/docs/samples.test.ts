/**
 * Every TypeScript sample of the documents compiles against the sources, as a user's would against the package. A sample
 * with imports is a file of its own; one without is what stands in the constructor of a chart, with the names below at hand.
 */
import * as mesh from 'cdk8s-mesh';
import { join } from 'node:path';
import ts from 'typescript';
import { Block, blocksOf, REPOSITORY } from './markdown';

const FIXTURE = [
  "import { ApiObject, App, Chart, Duration, Include, Size } from 'cdk8s';",
  "import * as kplus from 'cdk8s-plus-28';",
  `import { ${Object.keys(mesh).join(', ')} } from 'cdk8s-mesh';`,
  'declare const app: App;',
  'declare const catalog: MeshService;',
  'declare const web: MeshService;',
  'declare const image: string;',
  "declare const bookinfo: import('./examples/bookinfo/bookinfo').Bookinfo;",
  'function sample(this: Chart): void {',
];

const samples = blocksOf('ts');
const WRONG: Block = { where: 'docs/wrong.md:7', language: 'ts', heading: '', text: "web.calls(catalog);\nweb.calls('catalog');" };

let mistakes: Map<Block, string[]>;

beforeAll(() => {
  mistakes = compile([...samples, WRONG]);
}, 120_000);

describe('TypeScript samples', () => {
  it.each(samples.map((sample) => [sample.where, sample] as const))('compile: %s', (_, sample) => {
    expect(mistakes.get(sample)).toEqual([]);
  });

  it('are told with document and line when they do not', () => {
    expect(mistakes.get(WRONG)).toEqual([expect.stringMatching(/^docs\/wrong\.md:8: Argument of type 'string' is not assignable/)]);
  });
});

/** What the compiler says of each sample, with document and line. */
function compile(blocks: Block[]): Map<Block, string[]> {
  const config = ts.readConfigFile(join(REPOSITORY, 'tsconfig.test.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, REPOSITORY);
  const files = new Map(blocks.map((block, index) => {
    const isFile = /^import /m.test(block.text);
    const text = isFile ? block.text : [...FIXTURE, block.text, '}'].join('\n');
    return [join(REPOSITORY, `sample-${index}.ts`), { block, text, linesBefore: isFile ? 0 : FIXTURE.length }];
  }));

  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.getSourceFile = (path, language, ...rest) => {
    const file = files.get(path);
    return file ? ts.createSourceFile(path, file.text, language) : getSourceFile(path, language, ...rest);
  };
  // A sample need not use all that it declares.
  const program = ts.createProgram([...files.keys()], { ...options, noUnusedLocals: false, noUnusedParameters: false }, host);

  return new Map([...files].map(([path, { block, linesBefore }]) => {
    const [document, firstLine] = block.where.split(':');
    const source = program.getSourceFile(path)!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return [block, found.map(({ start, messageText }) => {
      const line = Number(firstLine) + source.getLineAndCharacterOfPosition(start!).line - linesBefore;
      return `${document}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    })];
  }));
}

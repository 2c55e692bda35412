/** The README's example is synthesized as it stands there, and the YAML beside it must be a part of what comes out. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { findOne, Manifest } from '../support/manifests';
import { read, REPOSITORY } from './markdown';

const { blocks } = read('README.md');
const example = blocks.find(({ language }) => language === 'ts')!;
const excerpt = documentsOf(blocks.find(({ language }) => language === 'yaml')!.text);

const manifests = synthesize(example.text);

describe("the README's example", () => {
  it('synthesizes to as many objects as it says', () => {
    expect(readFileSync(join(REPOSITORY, 'README.md'), 'utf8')).toContain(`writes ${manifests.length} objects`);
  });

  it.each(excerpt.map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))('yields what is shown of %s', (_, object) => {
    expect(missing(object, findOne(manifests, object.kind, object.metadata.name))).toEqual([]);
  });

  it('would be found out if it showed what is not there', () => {
    const shown = { a: { b: 1, c: 2 }, list: [{ x: 1 }, { x: 3 }], 'proxy.json': '{ "y": 2 }' };
    const there = { a: { b: 1, c: 3, d: 4 }, list: [{ x: 1, y: 1 }, { x: 2 }], 'proxy.json': '{ "y": 1, "z": 1 }' };
    expect(missing(shown, there)).toEqual(['/a/c: 2', '/list/1: {"x":3}', '/proxy.json/y: 2']);
    expect(missing({ list: [{ x: 2 }, { x: 1 }] }, there)).toEqual(['/list/1: {"x":1}']);
  });
});

/** Runs the example as its own program would be, and reads what it wrote. */
function synthesize(program: string): Manifest[] {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-readme-'));
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = folder;
  try {
    const { outputText } = ts.transpileModule(program, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
    new Function('require', 'exports', outputText)(require, {});
    return readdirSync(folder).flatMap((file) => documentsOf(readFileSync(join(folder, file), 'utf8')));
  } finally {
    if (before === undefined) delete process.env.CDK8S_OUTDIR;
    else process.env.CDK8S_OUTDIR = before;
    rmSync(folder, { recursive: true });
  }
}

function documentsOf(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Manifest;
  });
}

/**
 * What is shown but not there, with its path. Of objects some fields may be shown, of lists some elements in their order;
 * JSON in a text is looked into.
 */
function missing(shown: unknown, there: unknown, path = ''): string[] {
  if (Array.isArray(shown) && Array.isArray(there)) {
    let next = 0;
    return shown.flatMap((element, index) => {
      const found = there.findIndex((candidate, at) => at >= next && missing(element, candidate).length === 0);
      if (found < 0) return [`${path}/${index}: ${JSON.stringify(element)}`];
      next = found + 1;
      return [];
    });
  }
  if (isObject(shown) && isObject(there)) {
    return Object.entries(shown).flatMap(([key, value]) => (key.endsWith('.json')
      ? missing(JSON.parse(String(value)), JSON.parse(String(there[key] ?? 'null')), `${path}/${key}`)
      : missing(value, there[key], `${path}/${key}`)));
  }
  return Object.is(shown, there) ? [] : [`${path}: ${JSON.stringify(shown)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

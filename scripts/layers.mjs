/**
 * Checks the whole import graph of src/ against scripts/layering.mjs: no cycle, no import against the direction, no
 * package that a part may not have. It reads the imports themselves (types, `import x = require()`, `import()` and
 * generated files included), so it also sees what lint, which goes file by file, is not shown.
 *
 * A breach is printed as the chain of imports that leads to it from an entry point: that chain is what a bundle pulls in.
 *
 * `node scripts/layers.mjs [FOLDER]` checks the `src` in FOLDER; without one, this repository's.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import madge from 'madge';
import ts from 'typescript';
import { EXCEPTIONS, KPLUS, LAYERS, partOf } from './layering.mjs';

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
const ENTRIES = ['src/index.ts', 'src/proxy/main.ts', 'src/cli/main.ts'];

const files = sourceFiles('src');
if (files.length === 0) {
  console.error(`no source file below ${join(root, 'src')}`);
  process.exit(1);
}
const graph = new Map(files.map((file) => [file, importsOf(file)]));
const problems = [...await cycles(), ...breaches()];
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\n${problems.length} ${problems.length === 1 ? 'breach' : 'breaches'} of the layering (scripts/layering.mjs) in ${files.length} files`);
  process.exit(1);
}
console.log(`${files.length} files, no cycle and no import against the layering`);

/**
 * No cycle may be left at run time, where the order of loading would decide what is undefined. Two files of one folder may
 * know each other's types (a connection and the pool that it belongs to); over folders not even that, or neither folder
 * can be understood without the other.
 */
async function cycles() {
  const atRunTime = await cyclesOf({ skipTypeImports: true });
  const ofTypes = (await cyclesOf({ skipTypeImports: false })).filter((cycle) => new Set(cycle.map((file) => dirname(file))).size > 1);
  return [...new Set([...atRunTime, ...ofTypes].map((cycle) => [...cycle, cycle[0]].join(' -> ')))]
    .map((chain) => `cycle: ${chain}\n  move what they share into a file of its own, or let one know only the other's type`);
}

async function cyclesOf(typescript) {
  const found = await madge(join(root, 'src'), { baseDir: root, fileExtensions: ['ts', 'js'], detectiveOptions: { ts: typescript } });
  return found.circular();
}

function breaches() {
  const found = [];
  for (const [file, imports] of graph) {
    const part = partOf(file);
    const layer = LAYERS[part];
    if (!layer) {
      found.push(`${file}: src/${part} is no part of the house; add it to scripts/layering.mjs with what it may import`);
      continue;
    }
    for (const { target, specifier, typeOnly } of imports) {
      const reason = whyNot(file, part, layer, target, specifier, typeOnly);
      if (reason) found.push(`${chainTo(file).concat(target ?? specifier).join(' -> ')}\n  ${reason}: ${layer.why}`);
    }
  }
  return found;
}

/** Why `file` may not have this import; undefined when it may. */
function whyNot(file, part, layer, target, specifier, typeOnly) {
  if (specifier.startsWith('.')) {
    if (target === undefined) return `'${specifier}' in ${file} leads to no source file`;
    if (!target.startsWith('src/')) return `src/${part} imports ${target}, which is outside of src/`;
    const other = partOf(target);
    if (other === part) return undefined;
    if (!layer.parts.includes(other)) return `src/${part} may not import src/${other}`;
    return layer.typesOnly && !typeOnly ? `src/${part} may import types of src/${other} only ('import type')` : undefined;
  }
  if (builtinModules.includes(specifier.replace(/^node:/, ''))) return layer.node ? undefined : `src/${part} may not import node's modules`;
  const name = packageOf(specifier);
  if (name === KPLUS.name && file !== KPLUS.file) return `only ${KPLUS.file} names ${KPLUS.name}`;
  if (layer.npm.includes(name) || EXCEPTIONS[file]?.includes(name)) return undefined;
  return `src/${part} may not import the package '${name}'`;
}

/** The shortest chain of imports from an entry point to the file, both included; the file alone when none leads there. */
function chainTo(file) {
  /** @type {Map<string, string | undefined>} */
  const from = new Map(ENTRIES.filter((entry) => graph.has(entry)).map((entry) => [entry, undefined]));
  for (const current of from.keys()) {
    if (current === file) break;
    for (const { target } of graph.get(current) ?? []) if (target !== undefined && !from.has(target)) from.set(target, current);
  }
  const chain = [file];
  while (from.get(chain[0]) !== undefined) chain.unshift(from.get(chain[0]));
  return chain;
}

/** Everything that a file imports, with the file that a relative specifier leads to. */
function importsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const imports = [];
  const add = (literal, typeOnly) => {
    const specifier = literal.text;
    imports.push({ specifier, typeOnly, target: specifier.startsWith('.') ? resolved(file, specifier) : undefined });
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, onlyTypes(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isExternalModuleReference(node)) add(node.expression, node.parent.isTypeOnly);
    else if (ts.isImportTypeNode(node)) add(/** @type {ts.LiteralTypeNode} */ (node.argument).literal, true);
    else if (isCallOfImport(node)) add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

function onlyTypes(clause) {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  return clause.name === undefined && named !== undefined && ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly);
}

function isCallOfImport(node) {
  if (!ts.isCallExpression(node) || node.arguments.length === 0 || !ts.isStringLiteralLike(node.arguments[0])) return false;
  return node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require');
}

function resolved(file, specifier) {
  const base = posix.join(posix.dirname(file), specifier);
  const candidates = [base, `${base}.ts`, `${base}.d.ts`, `${base}.js`, `${base}/index.ts`, `${base}.json`];
  return candidates.find((candidate) => existsSync(join(root, candidate)) && statSync(join(root, candidate)).isFile());
}

function packageOf(specifier) {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function sourceFiles(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourceFiles(path);
    return /\.(ts|js)$/.test(entry.name) ? [path] : [];
  }).sort();
}

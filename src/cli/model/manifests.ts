/**
 * From files and folders to Kubernetes objects, each with the file and line it stands at, so that every later complaint
 * can say where. Reads what `kubectl apply` reads: YAML with several documents, JSON, and objects of kind List.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import { UserError, codeOf, messageOf } from '../command-line/errors';
import { Field } from './field';

/** Errors of syntax that are told of one document. More of them mostly follow from the first. */
const MOST_ERRORS = 3;

/** One Kubernetes object. */
export interface Manifest {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** `dist/shop.k8s.yaml:12`. */
  readonly where: string;
  readonly body: Field;
}

/** Reads every object in these files and folders. All that is wrong is reported together. */
export function readManifests(paths: readonly string[]): Manifest[] {
  const errors: string[] = [];
  return withoutErrors(filesOf(paths).flatMap((file) => readFile(file, errors)), errors);
}

/** The same of objects that are at hand. @param source where they are from, for messages */
export function manifestsOf(objects: readonly unknown[], source: string): Manifest[] {
  const errors: string[] = [];
  const manifests: Manifest[] = [];
  objects.forEach((object, index) => toManifests(new Field(object, `${source}:${index + 1}`, ''), manifests, errors));
  return withoutErrors(manifests, errors);
}

function withoutErrors(manifests: Manifest[], errors: string[]): Manifest[] {
  const seen = new Map<string, string>();
  for (const { kind, namespace, name, where } of manifests) {
    const key = `${kind} '${name}' in namespace '${namespace}'`;
    const earlier = seen.get(key);
    if (earlier !== undefined) errors.push(`${where}: ${key} is declared twice, first at ${earlier}; remove one`);
    seen.set(key, where);
  }
  if (errors.length > 0) throw new UserError(errors.join('\n'));
  return manifests;
}

/** The YAML and JSON files below these paths, in the order given, a folder's by name. */
export function filesOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    let isFolder: boolean;
    try {
      isFolder = statSync(path).isDirectory();
    } catch (error) {
      throw new UserError(codeOf(error) === 'ENOENT'
        ? `there is no file or folder '${path}'; synthesize first (npx cdk8s synth), or name the folder that holds the YAML`
        : `'${path}' can't be read: ${messageOf(error)}`);
    }
    if (!isFolder) return [path];
    const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ya?ml|json)$/.test(name)).sort().map((name) => join(path, name));
    if (files.length === 0) {
      throw new UserError(`folder '${path}' holds no YAML file; synthesize first (npx cdk8s synth), or name the folder that holds the YAML`);
    }
    return files;
  });
}

function readFile(file: string, errors: string[]): Manifest[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`'${file}' can't be read: ${messageOf(error)}`);
  }
  const lines = new LineCounter();
  const manifests: Manifest[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: lines })) {
    if (!('contents' in document)) continue;
    if (document.errors.length > 0) {
      for (const error of document.errors.slice(0, MOST_ERRORS)) {
        const position = lines.linePos(error.pos[0]);
        errors.push(`${file}:${position.line}:${position.col}: this is not YAML: ${firstLine(error.message)}`);
      }
      const others = document.errors.length - MOST_ERRORS;
      if (others > 0) errors.push(`${file}: ${others} more such errors`);
      continue;
    }
    const body: unknown = document.toJS();
    if (body === null || body === undefined) continue;
    const start = document.contents?.range?.[0] ?? 0;
    toManifests(new Field(body, `${file}:${lines.linePos(start).line}`, ''), manifests, errors);
  }
  return manifests;
}

function toManifests(body: Field, manifests: Manifest[], errors: string[]): void {
  try {
    const kind = body.get('kind').text();
    if (kind === 'List') {
      for (const item of body.get('items').list()) toManifests(item.rooted(), manifests, errors);
      return;
    }
    const metadata = body.get('metadata');
    const name = metadata.get('name').text();
    manifests.push({ kind, name, namespace: metadata.get('namespace').optionalText() ?? 'default', where: body.where, body: body.named(`${kind} '${name}'`) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    errors.push(`${error.message} (a Kubernetes object needs kind and metadata.name)`);
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
}

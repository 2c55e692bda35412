/**
 * What a document of a newer minor version has that this proxy doesn't know: left out where the rest does no harm without it
 * (compatibility.ts of the contract says where), so that an older image serves beside a newer one. Everything else that is wrong
 * stays, and refuses the document.
 *
 * Works on what the validator reports, and on a document that is its own: it is changed.
 */
import { CONDITIONAL_PARTS, DISPENSABLE_PARTS, REQUIRED_PARTS } from '../../contract';
import type { SchemaError } from './validator.generated';

/** Where something is: the steps of a JSON Pointer. */
type Path = readonly string[];

/** Takes out what `errors` say is unknown and can be missed. Returns the pointers of what was taken out; none: nothing can be. */
export function leaveOutUnknown(document: unknown, errors: readonly SchemaError[]): string[] {
  const paths = new Map<string, Path>();
  for (const error of errors) {
    const path = dispensable(error);
    if (path) paths.set(pointerOf(path), path);
  }
  // What is inside of another goes with it.
  const all = [...paths.values()].filter((path) => !path.some((_, length) => length > 0 && paths.has(pointerOf(path.slice(0, length)))));
  all.sort(lastMembersFirst);
  for (const path of all) remove(document, path);
  return all.map(pointerOf).sort();
}

/** What must be taken out so that this is no error any more; undefined when that would do harm. */
function dispensable({ keyword, instancePath, params }: SchemaError): Path | undefined {
  const place = stepsOf(instancePath);
  if (keyword === 'additionalProperties') {
    if (enclosing(place, Object.values(REQUIRED_PARTS).flat())) return undefined;
    return enclosing(place, CONDITIONAL_PARTS) ?? [...place, String(params['additionalProperty'])];
  }
  const ofUnknownKind = keyword === 'enum' || (keyword === 'discriminator' && params['error'] === 'mapping');
  return ofUnknownKind ? enclosing(place, DISPENSABLE_PARTS) : undefined;
}

/** The innermost part that a place is in. */
function enclosing(place: Path, patterns: readonly string[]): Path | undefined {
  const lengths = patterns.map(stepsOf)
    .filter((pattern) => pattern.length <= place.length && pattern.every((step, i) => (step === '*' ? /^\d+$/.test(place[i]!) : step === place[i])))
    .map(({ length }) => length);
  return lengths.length > 0 ? place.slice(0, Math.max(...lengths)) : undefined;
}

/** An order in which taking out one leaves the others where they are. */
function lastMembersFirst(a: Path, b: Path): number {
  const at = a.findIndex((step, i) => step !== b[i]);
  return Number(b[at]) - Number(a[at]) || 0;
}

function remove(document: unknown, path: Path): void {
  const parent = path.slice(0, -1).reduce((node, step) => (node as Record<string, unknown>)[step], document);
  const last = path.at(-1)!;
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Record<string, unknown>)[last];
}

function stepsOf(pointer: string): Path {
  return pointer === '' ? [] : pointer.slice(1).split('/').map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'));
}

function pointerOf(path: Path): string {
  return path.map((step) => `/${step.replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}

/**
 * Several copies of this package in one app: npm installs two when two packages ask for it in ways that one can't satisfy, or when a
 * library links to its own. Their classes are not the same, and neither are the variables of their modules, so a `Mesh` of one
 * would mean nothing to a service of the other. Two things make them one:
 *
 * - What constructs of one app share is kept on the app, under a symbol of the global registry, as `constructs` and `cdk8s` mark theirs.
 * - Classes are told by a mark on their prototype besides `instanceof`.
 *
 * That takes copies of the same version, which have the same fields and methods. Of different versions nobody knows, so they are refused.
 */
import { IConstruct } from 'constructs';
import { OWN_FOLDER, ownVersion } from './own-version';

/** A copy of this package. */
interface Copy {
  readonly version: string;
  readonly folder: string;
}

/** What is on an app's root. */
interface Shared extends Copy {
  readonly parts: Map<string, unknown>;
}

/** What is on the prototype of a class. */
interface Mark extends Copy {
  readonly name: string;
}

/** A class; its constructor may be private. */
export interface Class {
  readonly name: string;
  readonly prototype: object;
}

const SHARED = Symbol.for('cdk8s-mesh.app');
const MARK = Symbol.for('cdk8s-mesh.class');

/** Something that all constructs of an app share, whichever copy of the package they are of. */
export class PerApp<T> {
  /**
   * @param name of it, unique within the package
   * @param make makes it when it is first asked for
   */
  constructor(private readonly name: string, private readonly make: (root: IConstruct) => T) {}

  /** That of the construct's app. Throws when the app has constructs of another version of this package. */
  public of(construct: IConstruct): T {
    const { root } = construct.node;
    const parts = partsOf(root, construct);
    if (!parts.has(this.name)) {
      parts.set(this.name, this.make(root));
    }
    return parts.get(this.name) as T;
  }
}

function partsOf(root: IConstruct & { [SHARED]?: Shared }, construct: IConstruct): Map<string, unknown> {
  const shared = root[SHARED] ?? { version: ownVersion(), folder: OWN_FOLDER, parts: new Map<string, unknown>() };
  if (shared.version !== ownVersion()) {
    throw new Error(`[${construct.node.path}] it is of cdk8s-mesh ${ownVersion()} (${OWN_FOLDER}), and the app has constructs of cdk8s-mesh ${shared.version} `
      + `(${shared.folder}) already, which would not know of it: ${REMEDY}`);
  }
  if (!root[SHARED]) {
    Object.defineProperty(root, SHARED, { value: shared });
  }
  return shared.parts;
}

/** Marks a class, so that {@link isA} knows its instances from other copies. */
export function mark(marked: Class): void {
  Object.defineProperty(marked.prototype, MARK, { get: (): Mark => ({ name: marked.name, version: ownVersion(), folder: OWN_FOLDER }) });
}

/** Whether a value is an instance of a class, or of the same class of another copy. */
export function isA(by: Class, value: unknown): boolean {
  if (isInstance(by, value)) {
    return true;
  }
  return markOf(value, by)?.version === ownVersion();
}

/** What to do about a value that is of a class, but of another version of it; undefined when it is not. */
export function refusalOfCopy(by: Class, value: unknown): string | undefined {
  const other = markOf(value, by);
  return other && !isA(by, value)
    ? `it is of cdk8s-mesh ${other.version} (${other.folder}), and this is cdk8s-mesh ${ownVersion()} (${OWN_FOLDER}): ${REMEDY}` : undefined;
}

const REMEDY = 'have one version only; \'npm ls cdk8s-mesh\' shows which package brings which';

function isInstance(by: Class, value: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(by.prototype, value as object);
}

/** The mark by which a value is of a class, or of one that extends it. */
function markOf(value: unknown, by: Class): Mark | undefined {
  for (let object = value; typeof object === 'object' && object !== null; object = Object.getPrototypeOf(object)) {
    const found = Object.hasOwn(object, MARK) ? (object as { [MARK]?: Mark })[MARK] : undefined;
    if (found?.name === by.name) {
      return found;
    }
  }
  return undefined;
}

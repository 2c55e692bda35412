/**
 * The objects of an app as they will be written, for all checks: after all patches, and with what is completed at the end. Each is
 * made once for a synthesis. cdk8s validates the whole app before it writes, and again for each of its charts, so that without this the work of
 * an app of many charts grew with their square.
 *
 * Nobody says when a synthesis begins, or that an object changed: anybody may patch any of them between two. What was read is read
 * anew when it can't be of the same synthesis:
 *
 * - every workload that was read has been written since, so a synthesis is over;
 * - there are more constructs or patches than before, or a construct of the mesh said that it has more to say (./unchanged.ts);
 * - something was wrong, which ended the synthesis.
 *
 * One case is not noticed: one chart was written by itself, and then an object of another chart changed without any of these signs.
 */
import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { DEFAULT_NAMESPACE } from '../props/name-rules';
import { PerApp } from '../synthesis/copies';
import { additions } from '../synthesis/unchanged';

/** An object as in YAML. Which fields there are is up to its kind and its author, so readers say what they look for, and expect none. */
export interface Manifest {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** What was read for one synthesis. */
interface Reading {
  readonly manifests: Map<ApiObject, Manifest>;
  /** Workloads read and not written yet. */
  readonly unwritten: Set<ApiObject>;
  readonly additions: number;
  isWritten: boolean;
}

/** What is read of an app. */
class Reader {
  private reading?: Reading;
  private readonly watched = new Set<ApiObject>();
  private extent = '';
  private depth = 0;

  constructor(root: IConstruct) {
    root.node.addValidation({
      validate: () => {
        const extent = extentOf(root);
        if (extent !== this.extent) {
          this.forget();
          this.extent = extent;
        }
        return [];
      },
    });
  }

  public get current(): Reading {
    if (!this.reading || this.reading.isWritten || this.reading.additions !== additions()) {
      this.reading = { manifests: new Map(), unwritten: new Set(), additions: additions(), isWritten: false };
    }
    return this.reading;
  }

  public forget(): void {
    this.reading = undefined;
  }

  public read(object: ApiObject): Manifest {
    const { manifests, unwritten } = this.current;
    let manifest = manifests.get(object);
    if (!manifest) {
      this.depth++;
      try {
        manifest = object.toJson() as Manifest;
      } finally {
        this.depth--;
      }
      manifests.set(object, manifest);
      if (this.watched.has(object)) {
        unwritten.add(object);
      }
    }
    return manifest;
  }

  public watch(object: ApiObject): void {
    this.watched.add(object);
  }

  /** An object that is watched was made to be written, unless it is being read. */
  public note(object: ApiObject): void {
    const { reading } = this;
    if (this.depth === 0 && reading?.unwritten.delete(object) && reading.unwritten.size === 0) {
      reading.isWritten = true;
    }
  }
}

const READERS = new PerApp('manifests', (root) => new Reader(root));

/** An object as it will be written. It is shared by all who ask, so nobody may change it. Throws what `toJson` throws. */
export function manifestOf(object: ApiObject): Manifest {
  return READERS.of(object).read(object);
}

/** Name and namespace as they will be written. An object whose metadata nobody patched is not made for it. Throws what `toJson` throws. */
export function identityOf(object: ApiObject): { readonly name: string; readonly namespace: string } {
  const { name = object.name, namespace = DEFAULT_NAMESPACE } = isMetadataPatched(object) ? manifestOf(object).metadata ?? {} : object.metadata;
  return { name, namespace };
}

/** A value made of manifests, once for a synthesis. */
export function oncePerSynthesis<T>(construct: IConstruct, make: () => T): () => T {
  const reader = READERS.of(construct);
  let made: { readonly of: Reading; readonly value: T } | undefined;
  return () => {
    const of = reader.current;
    if (made?.of !== of) {
      made = { of, value: make() };
    }
    return made.value;
  };
}

/** Has what was read forgotten, as the synthesis fails. */
export function forgetManifests(construct: IConstruct): void {
  READERS.of(construct).forget();
}

/** Has an object tell by {@link noteWritten} whenever it is made. */
export function watchWriting(object: ApiObject): void {
  READERS.of(object).watch(object);
}

/** An object was made that is watched. */
export function noteWritten(object: ApiObject): void {
  READERS.of(object).note(object);
}

/** A patch, as far as it can be told what it is: its operation is internal to cdk8s. */
interface Patch {
  _toJson?(): { readonly path: string };
}

/** The patches of an object. cdk8s has no public way to tell whether there are any. */
function patchesOf(construct: IConstruct): readonly Patch[] {
  return (construct as { patches?: readonly Patch[] }).patches ?? [];
}

/** Whether a patch may say another name or namespace. */
function isMetadataPatched(object: ApiObject): boolean {
  return patchesOf(object).some((patch) => /^(\/metadata(\/name(space)?)?)?$/.test(patch._toJson?.().path ?? ''));
}

/** How many constructs and patches there are. */
function extentOf(root: IConstruct): string {
  const constructs = root.node.findAll();
  const patches = constructs.reduce((sum, construct) => sum + patchesOf(construct).length, 0);
  return `${constructs.length}/${patches}`;
}

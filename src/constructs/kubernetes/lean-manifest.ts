/**
 * Objects as the API server keeps them. It leaves out empty lists and the zeros of fields that are omitted when they are zero. Client-side
 * `kubectl apply` then finds, each time, that such a field is to be added, and says `configured` of an object that didn't change.
 *
 * An empty object stays, since it can mean something (`emptyDir: {}`). Defaults are left out, too, but for workloads that were made elsewhere,
 * which are written as their authors have said.
 */
import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { withoutDefaults } from './api-defaults';

/** Fields of the objects made here that Kubernetes declares `omitempty`, and not as a pointer, with their zeros. */
const ZEROS: Readonly<Record<string, unknown>> = {
  apiGroup: '',
  hostNetwork: false,
  initialDelaySeconds: 0,
  minReadySeconds: 0,
  publishNotReadyAddresses: false,
  readOnly: false,
  stdin: false,
  tty: false,
};

const TEXTS = ['metadata', 'data'];

/** Has the object of a construct written without what the API server would drop, and what it fills in. */
export function writeLean(construct: IConstruct): void {
  rewrite(construct, (manifest) => withoutDefaults(leanManifest(manifest)));
}

/** The same for a workload that was made elsewhere, whose defaults stay. */
export function writeLeanAsSaid(construct: IConstruct): void {
  rewrite(construct, leanManifest);
}

function rewrite(construct: IConstruct, change: (manifest: Record<string, unknown>) => Readonly<Record<string, unknown>>): void {
  const object = ApiObject.of(construct);
  const translate = object.toJson.bind(object);
  object.toJson = () => change(translate() as Record<string, unknown>);
}

/** What metadata and data hold are texts of people, whatever they are called. */
function leanManifest(manifest: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(manifest).map(([name, value]) => [name, TEXTS.includes(name) ? value : lean(value)]));
}

function lean(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(lean);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).filter(([name, below]) => !isDropped(name, below)).map(([name, below]) => [name, lean(below)]));
}

function isDropped(name: string, value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
    || (Object.hasOwn(ZEROS, name) && ZEROS[name] === value);
}

/**
 * Answers of the embedded API to list requests: all pages of a list show the state of one resource version, also when
 * slices change in between, and a page asked for after that state was forgotten is refused with 410.
 *
 * Source: Kubernetes documentation, "Kubernetes API Concepts": Retrieving large results sets in chunks, and
 * Resource versions (semantics for get and list).
 */
import { EndpointSlice, GROUP_VERSION } from './endpoint-slice';
import { keyOf, SliceHistory } from './history';
import { SliceQuery } from './query';
import { expired, failure, Status, tooLarge } from './status';

export interface EndpointSliceList {
  readonly kind: 'EndpointSliceList';
  readonly apiVersion: typeof GROUP_VERSION;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly EndpointSlice[];
}

export function list(history: SliceHistory, query: SliceQuery): EndpointSliceList | Status {
  let version = history.version;
  let after = '';
  if (query.continueToken !== undefined) {
    const position = readContinue(query.continueToken);
    if (!position) return failure(400, 'BadRequest', 'continue key is not valid');
    ({ version, after } = position);
    if (version < history.oldestVersion || version > history.version) {
      return failure(410, 'Expired', 'The provided continue parameter is too old to display a consistent list result. '
        + 'You can start a new list without the continue parameter.');
    }
  } else if (query.resourceVersion !== undefined && query.resourceVersion > 0) {
    if (query.resourceVersion > history.version) return tooLarge(query.resourceVersion, history.version);
    if (query.versionMatch === 'Exact') {
      if (query.resourceVersion < history.oldestVersion) return expired(query.resourceVersion, history.oldestVersion);
      version = query.resourceVersion;
    }
  }

  const found = history.at(version).filter((slice) => query.matches(slice) && keyOfSlice(slice) > after);
  const items = query.limit > 0 ? found.slice(0, query.limit) : found;
  const last = items.at(-1);
  const more = last !== undefined && items.length < found.length;
  return {
    kind: 'EndpointSliceList',
    apiVersion: GROUP_VERSION,
    metadata: { resourceVersion: String(version), ...(more ? { continue: writeContinue(version, keyOfSlice(last)) } : {}) },
    items,
  };
}

function keyOfSlice(slice: EndpointSlice): string {
  return keyOf(slice.metadata.namespace, slice.metadata.name);
}

function writeContinue(version: number, after: string): string {
  return Buffer.from(JSON.stringify({ version, after })).toString('base64url');
}

function readContinue(token: string): { version: number; after: string } | undefined {
  try {
    const position = JSON.parse(Buffer.from(token, 'base64url').toString()) as { version: unknown; after: unknown };
    return typeof position.version === 'number' && typeof position.after === 'string'
      ? { version: position.version, after: position.after }
      : undefined;
  } catch {
    return undefined;
  }
}

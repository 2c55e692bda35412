/**
 * What a list or watch request asks for, read strictly: a parameter that the embedded API does not understand is
 * refused as a real API server refuses it, rather than answered wrongly.
 */
import { EndpointSlice } from './endpoint-slice';
import { failure, Status } from './status';

export interface SliceQuery {
  /** Absent: all namespaces. */
  readonly namespace: string | undefined;
  readonly matches: (slice: EndpointSlice) => boolean;
  readonly watch: boolean;
  /** Undefined: not said, the newest. 0: any. */
  readonly resourceVersion: number | undefined;
  readonly versionMatch: 'Exact' | 'NotOlderThan';
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken: string | undefined;
  readonly bookmarks: boolean;
  /** Undefined: the server's choice. */
  readonly timeoutSeconds: number | undefined;
}

const WHOLE_NUMBER = /^\d{1,15}$/;

export function readQuery(parameters: URLSearchParams, namespace: string | undefined): SliceQuery | Status {
  const numbers: Record<string, number | undefined> = {};
  for (const name of ['resourceVersion', 'limit', 'timeoutSeconds']) {
    const text = parameters.get(name) ?? '';
    if (text !== '' && !WHOLE_NUMBER.test(text)) return invalid(`${name}: Invalid value: "${text}": must be a whole number`);
    numbers[name] = text === '' ? undefined : Number(text);
  }
  for (const name of ['fieldSelector', 'sendInitialEvents']) {
    if (parameters.has(name)) return invalid(`${name}: Forbidden: not supported by the embedded API`);
  }
  const selector = readSelector(parameters.get('labelSelector') ?? '');
  if (typeof selector === 'string') return invalid(`unable to parse requirement: ${selector}`);

  const watch = ['1', 'true'].includes(parameters.get('watch') ?? '');
  const resourceVersion = numbers['resourceVersion'];
  const limit = numbers['limit'] ?? 0;
  const match = parameters.get('resourceVersionMatch');
  if (match !== null) {
    if (watch) return invalid('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch');
    if (match !== 'Exact' && match !== 'NotOlderThan') return invalid(`resourceVersionMatch: Unsupported value: "${match}"`);
    if (resourceVersion === undefined) return invalid('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (match === 'Exact' && resourceVersion === 0) return invalid('resourceVersionMatch: Forbidden: "Exact" is forbidden for resourceVersion "0"');
  }
  const continueToken = parameters.get('continue') || undefined;
  if (continueToken !== undefined && watch) return invalid('continue: Forbidden: not supported when watch is true');
  if (continueToken !== undefined && (resourceVersion ?? 0) !== 0) return invalid('specifying resource version is not allowed when using continue');
  return {
    namespace,
    matches: (slice) => (namespace === undefined || slice.metadata.namespace === namespace) && selector(slice.metadata.labels ?? {}),
    watch,
    resourceVersion,
    // With a limit and a version but no word on how to match it, Kubernetes takes the exact version.
    versionMatch: (match as 'Exact' | 'NotOlderThan' | null) ?? (limit > 0 && (resourceVersion ?? 0) > 0 ? 'Exact' : 'NotOlderThan'),
    limit,
    continueToken,
    bookmarks: ['1', 'true'].includes(parameters.get('allowWatchBookmarks') ?? ''),
    timeoutSeconds: numbers['timeoutSeconds'],
  };
}

/** Equality-based selectors: `a=b`, `a==b`, `a!=b`, `a`, `!a`, joined by commas. A string is the part that is not one. */
function readSelector(text: string): ((labels: Readonly<Record<string, string>>) => boolean) | string {
  const tests: ((labels: Readonly<Record<string, string>>) => boolean)[] = [];
  for (const part of text.split(',').map((piece) => piece.trim()).filter((piece) => piece !== '')) {
    const found = /^(!?)([A-Za-z0-9][-A-Za-z0-9_./]*)\s*(?:(!=|==?)\s*([-A-Za-z0-9_.]*))?$/.exec(part);
    if (!found || (found[1] === '!' && found[3] !== undefined)) return part;
    const [, not, key = '', operator, value = ''] = found;
    if (operator === undefined) tests.push((labels) => Object.hasOwn(labels, key) !== (not === '!'));
    else if (operator === '!=') tests.push((labels) => labels[key] !== value);
    else tests.push((labels) => labels[key] === value);
  }
  return (labels) => tests.every((test) => test(labels));
}

function invalid(message: string): Status {
  return failure(400, 'BadRequest', message);
}

/**
 * Settings of two documents compared, whatever they are: each that differs is one difference, by its path. What is there in one of them
 * only is one difference as a whole. So a setting that is added to the contract is compared without a line here.
 */
export interface Difference {
  /** `retry.maxRetries`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** @param ignored paths that are not looked at, with all that is below */
export function differencesOf(from: unknown, to: unknown, ignored: ReadonlySet<string> = new Set(), path = ''): Difference[] {
  if (ignored.has(path) || isSame(from, to)) return [];
  if (!isRecord(from) || !isRecord(to) || from['type'] !== to['type']) return [{ path, from, to }];
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return names.flatMap((name) => differencesOf(from[name], to[name], ignored, path === '' ? name : `${path}.${name}`));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((each, index) => isSame(each, other[index]));
  if (!isRecord(one) || !isRecord(other)) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame(one[name], other[name]));
}

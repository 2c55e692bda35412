/** One thing that behaves otherwise in one stack than in another. */
export interface Change {
  /** A service, or an edge: `web -> catalog`. */
  readonly where: string;
  /** The part of it: a version, a route. Empty: all of it. */
  readonly subject: string;
  /** What changes: `timeout`, or a setting by its name in the document: `limits.maxConnections`. */
  readonly what: string;
  /** What it was; empty when it is new. */
  readonly from: string;
  /** What it is; empty when it is gone. */
  readonly to: string;
  /** What that means, in words; may be empty. */
  readonly meaning: string;
}

/** Changes that several parts of a place have alike become one. @param all how many parts there are */
export function merged(changes: readonly Change[], all: number): Change[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = JSON.stringify({ ...change, subject: '' });
    groups.set(key, [...groups.get(key) ?? [], change]);
  }
  return [...groups.values()].map((group) => {
    const subjects = [...new Set(group.map(({ subject }) => subject))];
    return { ...group[0]!, subject: subjects.length === all && all > 1 ? '' : subjects.sort().join(', ') };
  });
}

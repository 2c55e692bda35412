/**
 * Host names of certificates: read from the subject alternative names, and compared as RFC 6125 says: `*` stands for one whole label, the
 * first. A name with anything else in it (a NUL byte, CVE-2025-66220) is none at all.
 */

/** Longest text of alternative names that is looked at; a certificate has some hundred names at most. */
const MAX_TEXT = 65_536;

/** One name, as Node writes it: its type, and a value that is quoted when it holds anything odd. */
const NAME = /(\w[\w ]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/gy;

const HOST = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?$/;

/** The DNS names of a certificate, in lower case. Quoted ones are left out, which no host is called by. */
export function hostNamesIn(subjectAltName: string | undefined): string[] {
  const text = (subjectAltName ?? '').slice(0, MAX_TEXT);
  return [...text.matchAll(NAME)].filter(([, type]) => type === 'DNS').map(([, , value]) => value!.toLowerCase()).filter((value) => HOST.test(value));
}

/** The `*.` name that covers a name; undefined for one of a single label. */
export function wildcardOf(name: string): string | undefined {
  const dot = name.indexOf('.');
  return dot < 0 ? undefined : `*${name.slice(dot)}`;
}

/** A name as it is looked up: in lower case, without a final dot. */
export function normalized(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** The host of a Host field, normalized, without its port. */
export function hostOf(authority: string): string {
  const port = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.indexOf(':');
  return normalized(port > 0 ? authority.slice(0, port) : authority);
}

/**
 * A host as it is looked up: lower case, without port and final dot, and from its end to its start, so that what `*.example.com` stands
 * for begins with `moc.elpmaxe.`, as what a prefix of a path stands for does.
 */
import { lowerCase } from '../bytes/bytes';

/** Names have at most 253 bytes (RFC 1035 section 2.3.4, without the final dot). */
export const MAX_HOST_BYTES = 253;

const COLON = 0x3a;
const DOT = 0x2e;
const OPEN = 0x5b;
const CLOSE = 0x5d;

export class HostReader {
  readonly bytes = new Uint8Array(MAX_HOST_BYTES);
  length = 0;

  /** Whether it may be the name of a host; it is in `bytes[0, length)` then. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    let hostEnd = start;
    if (bytes[start] === OPEN) while (hostEnd < end && bytes[hostEnd - 1] !== CLOSE) hostEnd++;
    else while (hostEnd < end && bytes[hostEnd] !== COLON) hostEnd++;
    if (hostEnd > start + 1 && bytes[hostEnd - 1] === DOT) hostEnd--;
    const length = hostEnd - start;
    if (length === 0 || length > MAX_HOST_BYTES) return false;
    for (let at = 0; at < length; at++) this.bytes[at] = lowerCase(bytes[hostEnd - 1 - at]!);
    this.length = length;
    return true;
  }
}

/** A name as {@link HostReader} has it. */
export function reversed(name: string): string {
  return [...name].reverse().join('');
}

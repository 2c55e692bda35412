/**
 * xxHash32 (Yann Collet, "xxHash fast digest algorithm", doc/xxhash_spec.md): a hash of bytes that is fast in plain 32-bit
 * arithmetic and spreads well; its 64-bit sister, which Envoy uses, would need BigInt here. Not for secrets: anyone who
 * chooses the bytes can choose the hash.
 *
 * `mixHash` derives further independent hashes from a hash (the finalizer of MurmurHash3).
 *
 * A hash is 32 bits. As a number from 0 to 2^32 - 1 half of them would be objects on the heap: what is passed around for
 * each request is therefore the same bits as a signed number, which V8 keeps in a register.
 */
const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;

/** Hash of the first `length` bytes, in [0, 2^32). */
export function hashBytes(bytes: Uint8Array, seed = 0, length = bytes.length): number {
  let at = 0;
  let hash: number;
  if (length >= 16) {
    let a = (seed + PRIME_1 + PRIME_2) | 0;
    let b = (seed + PRIME_2) | 0;
    let c = seed | 0;
    let d = (seed - PRIME_1) | 0;
    for (const last = length - 16; at <= last; at += 16) {
      a = round(a, word(bytes, at));
      b = round(b, word(bytes, at + 4));
      c = round(c, word(bytes, at + 8));
      d = round(d, word(bytes, at + 12));
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
  } else {
    hash = (seed + PRIME_5) | 0;
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= length; at += 4) hash = Math.imul(rotate((hash + Math.imul(word(bytes, at), PRIME_3)) | 0, 17), PRIME_4);
  for (; at < length; at++) hash = Math.imul(rotate((hash + Math.imul(bytes[at]!, PRIME_5)) | 0, 11), PRIME_1);
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Reused for the bytes of a text; grows to the longest one seen. */
let scratch = new Uint8Array(256);

/** Hash of a text's UTF-8 bytes, in [0, 2^32). */
export function hashText(text: string, seed = 0): number {
  if (scratch.length < text.length * 3) scratch = new Uint8Array(text.length * 3);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code < 0x80) {
      scratch[length++] = code;
      continue;
    }
    if (code >= 0xd800 && code < 0xe000) {
      code = text.codePointAt(at)!;
      // Half of a pair is no character: U+FFFD, as in TextEncoder.
      if (code < 0x10000) code = 0xfffd;
      else at++;
    }
    if (code < 0x800) {
      scratch[length++] = 0xc0 | (code >> 6);
    } else {
      if (code < 0x10000) {
        scratch[length++] = 0xe0 | (code >> 12);
      } else {
        scratch[length++] = 0xf0 | (code >> 18);
        scratch[length++] = 0x80 | ((code >> 12) & 0x3f);
      }
      scratch[length++] = 0x80 | ((code >> 6) & 0x3f);
    }
    scratch[length++] = 0x80 | (code & 0x3f);
  }
  return hashBytes(scratch, seed, length);
}

/** Another hash made of a hash and a number, as a signed number of 32 bits. */
export function mixHash(hash: number, salt: number): number {
  let mixed = (hash ^ Math.imul(salt, PRIME_1)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function round(accumulator: number, input: number): number {
  return Math.imul(rotate((accumulator + Math.imul(input, PRIME_2)) | 0, 13), PRIME_1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Little-endian. */
function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

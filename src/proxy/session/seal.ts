/**
 * Seals what a session cookie says (cluster, endpoint, end), so that its holder can neither read nor change it.
 *
 * A synthetic initialization vector, the construction of RFC 5297 (SIV) over HMAC-SHA-256 and AES-256-CTR: the tag is the HMAC of the
 * plain text, the cipher text is the plain text under AES with the tag's first half as its counter, the cookie is both in base64url. It
 * was chosen over AES-GCM because no nonce is needed, which several proxies with one key could only draw by chance: equal claims make
 * equal cookies, and nothing else is given away. It was chosen over a keyed hash of the address because that must be computed anew for
 * each endpoint whenever one comes. The plain text is filled up to a multiple of 32 bytes, so that lengths of names don't show.
 *
 * Each key of the file yields two (HKDF, RFC 5869), bound to the name of the cookie: what was sealed for one service opens for no other.
 * It also yields a byte that leads a cookie to it, so that a forged one costs no more when there are many keys.
 */
import { crypto } from '../runtime/on-demand';

/** What a cookie says. */
export interface SessionClaim {
  /** Name of the cluster, which is that of a version. */
  readonly cluster: string;
  /** Key of the endpoint within it. */
  readonly endpoint: string;
  /** Wall-clock milliseconds; 0 is never. */
  readonly expiresAt: number;
}

/** Where a sealed session has its tag, behind the hint at the key, and where its cipher text. */
const TAG_AT = 1;
const TEXT_AT = TAG_AT + 32;
const COUNTER_BYTES = 16;
/** Before the names: six bytes of time, and two of each name's length. */
const HEADER_BYTES = 10;
const BLOCK_BYTES = 32;

interface KeyPair {
  /** Not secret; of two keys it is different, or both are tried. */
  readonly hint: number;
  readonly sign: Buffer;
  readonly hide: Buffer;
}

export class SessionSeal {
  private readonly pairs: readonly KeyPair[];

  /**
   * @param keys the first seals, all open
   * @param cookie name of the cookie
   */
  constructor(keys: readonly Buffer[], cookie: string) {
    this.pairs = keys.map((key) => {
      const derived = Buffer.from(crypto().hkdfSync('sha256', key, '', `cdk8s-mesh session v1 ${cookie}`, 65));
      return { sign: derived.subarray(0, 32), hide: derived.subarray(32, 64), hint: derived[64]! };
    });
  }

  /** The value of a cookie. */
  seal(claim: SessionClaim): string {
    const { hint, sign, hide } = this.pairs[0]!;
    const plain = encode(claim);
    const tag = crypto().createHmac('sha256', sign).update(plain).digest();
    const cipher = crypto().createCipheriv('aes-256-ctr', hide, tag.subarray(0, COUNTER_BYTES));
    return Buffer.concat([Buffer.of(hint), tag, cipher.update(plain), cipher.final()]).toString('base64url');
  }

  /** What a value says; `malformed` when no seal makes such a value, `forged` when none of the keys made it. */
  open(value: string): SessionClaim | 'malformed' | 'forged' {
    const sealed = Buffer.from(value, 'base64url');
    // Node's decoder skips what is not base64url and ignores bits to spare: there is one spelling, so that no bit may change.
    const cipherBytes = sealed.length - TEXT_AT;
    if (cipherBytes < BLOCK_BYTES || cipherBytes % BLOCK_BYTES !== 0 || sealed.toString('base64url') !== value) return 'malformed';
    const tag = sealed.subarray(TAG_AT, TEXT_AT);
    for (const { hint, sign, hide } of this.pairs) {
      if (hint !== sealed[0]) continue;
      const decipher = crypto().createDecipheriv('aes-256-ctr', hide, tag.subarray(0, COUNTER_BYTES));
      const plain = Buffer.concat([decipher.update(sealed.subarray(TEXT_AT)), decipher.final()]);
      if (crypto().timingSafeEqual(crypto().createHmac('sha256', sign).update(plain).digest(), tag)) return decode(plain);
    }
    return 'forged';
  }
}

function encode({ cluster, endpoint, expiresAt }: SessionClaim): Buffer {
  const clusterBytes = Buffer.byteLength(cluster);
  const endpointBytes = Buffer.byteLength(endpoint);
  const plain = Buffer.alloc(Math.ceil((HEADER_BYTES + clusterBytes + endpointBytes) / BLOCK_BYTES) * BLOCK_BYTES);
  plain.writeUIntBE(expiresAt, 0, 6);
  plain.writeUInt16BE(clusterBytes, 6);
  plain.writeUInt16BE(endpointBytes, 8);
  plain.write(cluster, HEADER_BYTES);
  plain.write(endpoint, HEADER_BYTES + clusterBytes);
  return plain;
}

function decode(plain: Buffer): SessionClaim {
  const clusterEnd = HEADER_BYTES + plain.readUInt16BE(6);
  return {
    expiresAt: plain.readUIntBE(0, 6),
    cluster: plain.toString('utf8', HEADER_BYTES, clusterEnd),
    endpoint: plain.toString('utf8', clusterEnd, clusterEnd + plain.readUInt16BE(8)),
  };
}

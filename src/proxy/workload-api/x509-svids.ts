/**
 * What the Workload API answers to `FetchX509SVID` (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md, section 5, and
 * workload.proto). Roots of federated trust domains come with it and are not read: a mesh trusts its own domain alone.
 */
import { Wire, WireReader } from '../protobuf/wire-reader';
import { DerReader } from '../tls/der-reader';

/** One identity that the workload may have. */
export interface Svid {
  readonly id: string;
  /** PEM: the certificate and its chain; its key; the roots of its trust domain. */
  readonly cert: string;
  readonly key: string;
  readonly bundle: string;
}

/** Fields of `X509SVIDResponse`. */
const SVIDS = 1;
/** Fields of `X509SVID`. */
const enum Field {
  ID = 1,
  CERTIFICATES = 2,
  KEY = 3,
  BUNDLE = 4,
}

const LINE = /.{1,64}/g;

/** Undefined when it is no `X509SVIDResponse` whose certificates can be told apart. In the order of the answer. */
export function readSvids(message: Buffer): readonly Svid[] | undefined {
  const svids: (Svid | undefined)[] = [];
  const reader = new WireReader(message, 0, message.length);
  while (reader.next()) if (reader.wire === Wire.BYTES && reader.field === SVIDS) svids.push(readSvid(message.subarray(reader.start, reader.end)));
  return reader.broken || svids.includes(undefined) ? undefined : svids as Svid[];
}

function readSvid(message: Buffer): Svid | undefined {
  const fields = new Map<number, Buffer>();
  const reader = new WireReader(message, 0, message.length);
  while (reader.next()) if (reader.wire === Wire.BYTES) fields.set(reader.field, message.subarray(reader.start, reader.end));
  if (reader.broken) return undefined;
  const of = (field: Field): Buffer => fields.get(field) ?? Buffer.alloc(0);
  const [cert, bundle] = [pemsOf(of(Field.CERTIFICATES)), pemsOf(of(Field.BUNDLE))];
  if (cert === undefined || bundle === undefined) return undefined;
  return { id: of(Field.ID).toString('utf8'), cert, key: pem('PRIVATE KEY', of(Field.KEY)), bundle };
}

/** Certificates one behind the other in DER. */
function pemsOf(ders: Buffer): string | undefined {
  const reader = new DerReader(ders);
  let text = '';
  while (!reader.done) {
    const start = reader.offset;
    reader.skip();
    if (!reader.broken) text += pem('CERTIFICATE', ders.subarray(start, reader.offset));
  }
  return reader.broken ? undefined : text;
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${(der.toString('base64').match(LINE) ?? []).join('\n')}\n-----END ${label}-----\n`;
}

/** How a stand-in answers a gRPC call, whatever its method: with one message, the text as bytes. */
import { IncomingHttpHeaders, Http2ServerResponse, OutgoingHttpHeaders } from 'node:http2';

const OK = '0';
const INTERNAL = '13';

export function isCall(headers: Pick<IncomingHttpHeaders, 'content-type'>): boolean {
  return /^application\/grpc(?:$|[+;])/i.test(headers['content-type'] ?? '');
}

/** A message as it stands in a body: a byte that it is not compressed, its length, and itself. */
export function framed(message: string): Buffer {
  const bytes = Buffer.from(message);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** @param who fields that say who answers */
export function endCall(response: Http2ServerResponse, who: OutgoingHttpHeaders, text: string, fails: boolean): void {
  const fields = fails ? { ...who, 'grpc-status': INTERNAL, 'grpc-message': 'this stand-in was told to fail some requests' } : who;
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value as string);
  response.setHeader('content-type', 'application/grpc');
  if (!fails) response.addTrailers({ 'grpc-status': OK });
  response.end(fails ? Buffer.alloc(0) : framed(text));
}

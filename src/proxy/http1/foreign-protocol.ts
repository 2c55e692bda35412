/**
 * Names what was sent where an HTTP/1 message was expected, by its first bytes. It is asked only once a message can't be
 * HTTP/1 any more, so that a refusal says "a TLS ClientHello" rather than "invalid". Nothing is decided by it: what it names
 * has been refused already, and what it doesn't know is refused all the same.
 *
 * Two tables, because what opens a connection differs from what answers on one. Each has the protocols that are run on
 * Kubernetes and can be taken for an HTTP service; a signature is as long as it takes to be told from the others, so the
 * first byte or two of a message may not be named yet. Looking takes some microseconds and makes one short string, once a
 * connection: a refused connection is closed.
 */
import { Fault, fault, FaultCode } from './fault';

/** Bytes that are looked at; no signature needs more. */
const LOOKED_AT = 64;

interface Signature {
  /** Matched against the first bytes as Latin-1, one character each. */
  readonly pattern: RegExp;
  readonly fault: Fault;
}

const TO_CLIENT_OF_TLS = 'the client speaks TLS to a port for plain HTTP';
const TO_SERVER_OF_TLS = 'the server speaks TLS, and is called by plain HTTP';
const NO_HTTP2 = 'this port, or this cluster, is declared as one of HTTP/1.1';

/** What a client sends first. */
const REQUESTS: readonly Signature[] = [
  request(/^\x16\x03[\x00-\x04]/, 'a TLS ClientHello', TO_CLIENT_OF_TLS),
  request(/^\x80.\x01(?:\x03[\x00-\x03]|\x00\x02)/s, 'an SSL 2.0 ClientHello', TO_CLIENT_OF_TLS),
  request(/^[\x14\x15\x17]\x03[\x00-\x04]/, 'a TLS record', TO_CLIENT_OF_TLS),
  request(/^PRI \* HTTP\/2\.0\r\n/, 'the preface of HTTP/2', NO_HTTP2, 'version_not_supported'),
  request(/^SSH-[12]\.\d+-/, 'an SSH banner'),
  request(/^\*\d{1,9}\r\n/, 'a Redis command'),
  request(/^\x00{3}\x08\x04\xd2\x16[\x2f\x30]/, 'a PostgreSQL request for encryption'),
  request(/^\x00\x00..\x00\x03\x00[\x00-\x02]/s, 'a PostgreSQL startup message'),
  request(/^...\x00.{8}(?:\xdd\x07|\xd4\x07|\xdc\x07)\x00\x00/s, 'a MongoDB message'),
  request(/^\x00\x00..\x00\x12\x00[\x00-\x0f]/s, 'a Kafka request'),
  request(/^AMQP[\x00-\x03]/, 'an AMQP header'),
  request(/^\x10[\x01-\xff]{1,4}\x00[\x04\x06]MQ/, 'an MQTT CONNECT'),
  request(/^(?:CONNECT|STOMP)\r?\n/, 'a STOMP frame'),
  request(/^(?:\x00...)?\x80\x01\x00[\x01\x04]\x00/s, 'a Thrift call'),
  request(/^\x80[\x00-\x48]\x00.[\x00-\x18]\x00/s, 'a memcached command'),
  request(/^(?:gets?|add|set|replace|append|prepend|delete|incr|decr|touch|stats|version)(?: (?!\/)(?:(?! HTTP\/)[^\r\n])+)?\r\n/, 'a memcached command'),
  request(/^[\x03-\x05]\x00..[\x01\x05]\x00\x00/s, 'a Cassandra request'),
  request(/^\x00{3}[\x2c\x2d]\x00{4}/, 'a ZooKeeper request'),
  request(/^0.{1,5}\x02\x01.[\x60\x63\x77]/s, 'an LDAP message'),
  request(/^\x12\x01..\x00\x00/s, 'a TDS message (SQL Server)'),
  request(/^\x01\x01..\x00\x08/s, 'a FastCGI record'),
  request(/^\x12\x34..\x02/s, 'an AJP request'),
  request(/^PROXY (?:TCP[46]|UNKNOWN)[ \r]/, 'a header of the PROXY protocol', 'switch it off at the load balancer'),
  // The signature of version 2 opens with empty lines, which may have been skipped.
  request(/^(?:\r\n){0,2}\x00\r\nQUIT\n/, 'a header of the PROXY protocol', 'switch it off at the load balancer'),
];

/** What a server sends first, or answers an HTTP/1 request with. */
const RESPONSES: readonly Signature[] = [
  response(/^\x15\x03[\x00-\x04]/, 'a TLS alert', TO_SERVER_OF_TLS),
  response(/^[\x14\x16\x17]\x03[\x00-\x04]/, 'a TLS record', TO_SERVER_OF_TLS),
  response(/^\x00..[\x04\x07][\x00\x01]\x00{4}/s, 'an HTTP/2 frame', NO_HTTP2),
  response(/^SSH-[12]\.\d+-/, 'an SSH banner'),
  response(/^-[A-Z]{2,20}[ \r]/, 'a Redis error'),
  response(/^(?:\+(?:OK|PONG)|:-?\d{1,19}|[$*]-?\d{1,10})\r\n/, 'a Redis reply'),
  response(/^\+OK /, 'a POP3 greeting'),
  response(/^\* (?:OK|PREAUTH|BYE)[ \r]/, 'an IMAP greeting'),
  response(/^(?:220|421|554)[ -]/, 'an SMTP or FTP greeting'),
  response(/^E(?:\x00\x00..S|FATAL|ERROR)/s, 'a PostgreSQL error'),
  response(/^..\x00[\x00\x01]\x0a\d\d?\./s, 'a MySQL greeting'),
  response(/^..\x00[\x00\x01]\xff..(?:#|[A-Z])/s, 'a MySQL error'),
  response(/^AMQP[\x00-\x03]/, 'an AMQP header'),
  response(/^INFO \{/, 'a NATS greeting'),
  response(/^(?:ERROR|CLIENT_ERROR [^\r\n]*|END)\r\n/, 'a memcached reply'),
  response(/^[\x83-\x85]\x00..\x00\x00\x00/s, 'a Cassandra error'),
  response(/^0.{1,5}\x02\x01\x00[\x61\x78]/s, 'an LDAP message'),
  response(/^RFB \d{3}\.\d{3}\n/, 'a VNC greeting'),
  response(/^\xff[\xfb-\xfe]/, 'a Telnet negotiation'),
  response(/^ICY \d{3}/, 'a SHOUTcast stream'),
  response(/^(?:Status|Content-[Tt]ype|Location): /, 'the output of a CGI script, without a status line'),
  response(/^\s*<(?:!doctype|html|\?xml)/i, 'a document without a head (HTTP/0.9)'),
];

/** The fault of `buffer[start, end)`, bytes of a client that can't be the head of an HTTP/1 request; undefined when they are not known. */
export function foreignRequest(buffer: Buffer, start: number, end: number): Fault | undefined {
  return find(REQUESTS, buffer, start, end);
}

/** The same for bytes of a server that can't be the head of an HTTP/1 response. */
export function foreignResponse(buffer: Buffer, start: number, end: number): Fault | undefined {
  return find(RESPONSES, buffer, start, end);
}

function find(signatures: readonly Signature[], buffer: Buffer, start: number, end: number): Fault | undefined {
  const text = buffer.toString('latin1', start, Math.min(end, start + LOOKED_AT));
  return signatures.find(({ pattern }) => pattern.test(text))?.fault;
}

function request(pattern: RegExp, name: string, consequence?: string, code: FaultCode = 'wrong_protocol'): Signature {
  return signature(pattern, `${name}, not an HTTP/1.1 request`, consequence, code);
}

function response(pattern: RegExp, name: string, consequence?: string): Signature {
  return signature(pattern, `${name}, not an HTTP/1.1 response`, consequence, 'bad_request');
}

function signature(pattern: RegExp, what: string, consequence: string | undefined, code: FaultCode): Signature {
  return { pattern, fault: fault(consequence === undefined ? what : `${what}: ${consequence}`, code) };
}

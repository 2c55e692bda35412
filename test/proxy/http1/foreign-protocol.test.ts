import * as fc from 'fast-check';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { AddressInfo, connect, createServer, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { foreignRequest, foreignResponse } from '../../../src/proxy/http1/foreign-protocol';

const request = (bytes: Buffer): string | undefined => foreignRequest(bytes, 0, bytes.length)?.detail;
const response = (bytes: Buffer): string | undefined => foreignResponse(bytes, 0, bytes.length)?.detail;
const hex = (text: string): Buffer => Buffer.from(text.replace(/ /g, ''), 'hex');
const text = (latin1: string): Buffer => Buffer.from(latin1, 'latin1');

describe('what a client sends', () => {
  test.each([
    ['an SSL 2.0 ClientHello', hex('80 2e 01 03 01 00 15 00 00 00 10')],
    ['a TLS record', hex('17 03 03 00 45 9a')],
    ['an SSH banner', text('SSH-2.0-OpenSSH_9.6\r\n')],
    ['a Redis command', text('*1\r\n$4\r\nPING\r\n')],
    ['a Redis command', text('*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n')],
    ['a PostgreSQL request for encryption', hex('00 00 00 08 04 d2 16 2f')],
    ['a PostgreSQL request for encryption', hex('00 00 00 08 04 d2 16 30')],
    ['a PostgreSQL startup message', Buffer.concat([hex('00 00 00 21 00 03 00 00'), text('user\0shop\0database\0shop\0\0')])],
    ['a MongoDB message', hex('3f 01 00 00 01 00 00 00 00 00 00 00 d4 07 00 00 00 00 00 00')],
    ['a MongoDB message', hex('a5 00 00 00 02 00 00 00 00 00 00 00 dd 07 00 00 00 00 00 00')],
    ['a Kafka request', hex('00 00 00 24 00 12 00 03 00 00 00 01 00 0a')],
    ['an AMQP header', hex('41 4d 51 50 00 00 09 01')],
    ['an AMQP header', hex('41 4d 51 50 03 01 00 00')],
    ['an MQTT CONNECT', hex('10 16 00 04 4d 51 54 54 04 02 00 3c')],
    ['an MQTT CONNECT', hex('10 97 01 00 06 4d 51 49 73 64 70 03')],
    ['a STOMP frame', text('CONNECT\naccept-version:1.2\nhost:shop\n\n\0')],
    ['a memcached command', text('version\r\n')],
    ['a memcached command', text('get session:42\r\n')],
    ['a memcached command', text('set session:42 0 900 5\r\nhello\r\n')],
    ['a memcached command', hex('80 00 00 05 00 00 00 00 00 00 00 05')],
    ['a memcached command', hex('80 01 00 05 08 00 00 00 00 00 00 12')],
    ['a Cassandra request', hex('04 00 00 00 05 00 00 00 00')],
    ['a Cassandra request', hex('05 00 00 01 01 00 00 00 16')],
    ['a ZooKeeper request', hex('00 00 00 2d 00 00 00 00 00 00 00 00')],
    ['an LDAP message', hex('30 0c 02 01 01 60 07 02 01 03 04 00 80 00')],
    ['an LDAP message', hex('30 84 00 00 00 10 02 01 01 60 84 00 00')],
    ['a Thrift call', hex('80 01 00 01 00 00 00 04 70 69 6e 67')],
    ['a Thrift call', hex('00 00 00 11 80 01 00 01 00 00 00 04 70 69 6e 67')],
    ['a TDS message (SQL Server)', hex('12 01 00 2f 00 00 01 00')],
    ['a FastCGI record', hex('01 01 00 01 00 08 00 00 00 01 00 00')],
    ['an AJP request', hex('12 34 01 7f 02 02 00 08')],
    ['a header of the PROXY protocol', text('PROXY TCP4 192.0.2.1 192.0.2.2 51234 80\r\nGET / HTTP/1.1\r\n')],
    ['a header of the PROXY protocol', text('PROXY UNKNOWN\r\n')],
    ['a header of the PROXY protocol', hex('0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 21 11 00 0c')],
    ['a header of the PROXY protocol', hex('00 0d 0a 51 55 49 54 0a 21 11 00 0c')],
  ])('is named: %s', (name, bytes) => {
    expect(request(bytes)).toMatch(new RegExp(`^${name.replace(/[()]/g, '\\$&')}, not an HTTP/1\\.1 request(: .+)?$`));
    expect(foreignRequest(bytes, 0, bytes.length)!.code).toBe('wrong_protocol');
  });

  test('is named wherever it lies in a buffer', () => {
    const bytes = Buffer.concat([text('GET / HTTP/1.1\r\n\r\n'), text('SSH-2.0-Go\r\n')]);
    expect(foreignRequest(bytes, 18, bytes.length)?.detail).toContain('SSH');
    expect(foreignRequest(bytes, 18, 20)).toBeUndefined();
    expect(foreignRequest(bytes, 0, bytes.length)).toBeUndefined();
  });

  test.each(['', 'x', 'hello\r\n', 'get /a\r\n', 'get a HTTP/1.1\r\n', '\u0001\u0002\u0003', '* HTTP/1.1\r\n', 'PRIVATE / HTTP/1.1\r\n'])(
    '%j is left alone', (bytes) => {
      expect(request(text(bytes))).toBeUndefined();
    });

  test('what Node\'s TLS client sends is named', async () => {
    const bytes = await firstBytes((port) => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }));
    expect(request(bytes)).toBe('a TLS ClientHello, not an HTTP/1.1 request: the client speaks TLS to a port for plain HTTP');
  });

  test('what Node\'s HTTP/2 client sends is named, and has the code of another version', async () => {
    const bytes = await firstBytes((port) => connectHttp2(`http://127.0.0.1:${port}`) as unknown as Duplex);
    expect(foreignRequest(bytes, 0, bytes.length)).toMatchObject({
      code: 'version_not_supported', detail: 'the preface of HTTP/2, not an HTTP/1.1 request: this port, or this cluster, is declared as one of HTTP/1.1',
    });
  });

  test('no request of HTTP/1.1 is taken for anything else', () => {
    const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}$/);
    const methods = fc.oneof(token, fc.constantFrom('GET', 'get', 'set', 'PRI', 'PROXY', 'CONNECT', 'STOMP', 'SSH-2.0', '*1', '0', 'AMQP', 'version'));
    const targets = fc.oneof(fc.stringMatching(/^\/[!-"$-~]{0,60}$/), fc.constantFrom('*', 'shop:80', 'http://shop/'));
    fc.assert(fc.property(methods, targets, fc.constantFrom('HTTP/1.0', 'HTTP/1.1'), (method, target, version) => {
      expect(request(text(`${method} ${target} ${version}\r\nHost: shop\r\n\r\n`))).toBeUndefined();
    }));
  });
});

describe('what a server sends', () => {
  test.each([
    ['an SSH banner', text('SSH-2.0-dropbear\r\n')],
    ['a Redis error', text('-ERR wrong number of arguments for \'get\' command\r\n')],
    ['a Redis error', text('-NOAUTH Authentication required.\r\n')],
    ['a Redis error', text('-DENIED Redis is running in protected mode\r\n')],
    ['a Redis reply', text('+PONG\r\n')],
    ['a Redis reply', text('$-1\r\n')],
    ['a POP3 greeting', text('+OK ready\r\n')],
    ['an IMAP greeting', text('* OK [CAPABILITY IMAP4rev1] ready\r\n')],
    ['an SMTP or FTP greeting', text('220 mail.example.com ESMTP Postfix\r\n')],
    ['a PostgreSQL error', Buffer.concat([hex('45 00 00 00 6b'), text('SFATAL\0VFATAL\0C0A000\0')])],
    ['a PostgreSQL error', text('EFATAL:  unsupported frontend protocol\n\0')],
    ['a MySQL greeting', Buffer.concat([hex('4a 00 00 00 0a'), text('8.0.36\0')])],
    ['a MySQL greeting', Buffer.concat([hex('6e 00 00 00 0a'), text('5.5.5-10.11.6-MariaDB\0')])],
    ['a MySQL error', Buffer.concat([hex('45 00 00 00 ff 6a 04'), text('Host \'10.0.0.1\' is not allowed')])],
    ['an AMQP header', hex('41 4d 51 50 00 00 09 01')],
    ['a NATS greeting', text('INFO {"server_id":"N","version":"2.10.7"} \r\n')],
    ['a memcached reply', text('ERROR\r\nERROR\r\n')],
    ['a Cassandra error', hex('84 00 00 00 00 00 00 00 45')],
    ['an LDAP message', hex('30 24 02 01 00 78 1f 0a 01 02')],
    ['a VNC greeting', text('RFB 003.008\n')],
    ['a Telnet negotiation', hex('ff fd 18 ff fd 20')],
    ['a SHOUTcast stream', text('ICY 200 OK\r\n')],
    ['the output of a CGI script, without a status line', text('Content-Type: text/html\n\n<p>')],
    ['the output of a CGI script, without a status line', text('Status: 404 Not Found\r\n')],
    ['a document without a head (HTTP/0.9)', text('<!DOCTYPE html><html>')],
    ['a document without a head (HTTP/0.9)', text('\n<html><body>')],
  ])('is named: %s', (name, bytes) => {
    expect(response(bytes)).toBe(`${name}, not an HTTP/1.1 response`);
    expect(foreignResponse(bytes, 0, bytes.length)!.code).toBe('bad_request');
  });

  test.each([['15 03 03 00 02 02 50', 'a TLS alert'], ['16 03 03 00 7a 02', 'a TLS record']])('is named: TLS, %s', (bytes, name) => {
    expect(response(hex(bytes))).toBe(`${name}, not an HTTP/1.1 response: the server speaks TLS, and is called by plain HTTP`);
  });

  test('what Node\'s HTTP/2 server answers HTTP/1.1 with is named', async () => {
    expect(response(await answerOf(createHttp2Server() as unknown as Server))).toBe('an HTTP/2 frame, not an HTTP/1.1 response: this port, or this cluster, is declared as one of HTTP/1.1');
  });

  test('no response of HTTP/1.1 is taken for anything else', () => {
    fc.assert(fc.property(fc.constantFrom('HTTP/1.0', 'HTTP/1.1'), fc.integer({ min: 100, max: 999 }), fc.string({ maxLength: 40 }), (version, status, reason) => {
      expect(response(text(`${version} ${status} ${reason}\r\n\r\n`))).toBeUndefined();
    }));
  });
});

test('any bytes are judged without a word', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    request(Buffer.from(bytes));
    response(Buffer.from(bytes));
  }));
});

/** What a client sends first to a server that says nothing. */
async function firstBytes(client: (port: number) => Duplex): Promise<Buffer> {
  const server = await listening(createServer());
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const opened = client((server.address() as AddressInfo).port).on('error', () => {});
  const socket = await accepted;
  const bytes = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  opened.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** What a server sends first to a client of HTTP/1.1. */
async function answerOf(server: Server): Promise<Buffer> {
  await listening(server);
  const accepted: Socket[] = [];
  server.on('connection', (socket: Socket) => accepted.push(socket));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
  const bytes = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  [socket, ...accepted].forEach((each) => each.destroy());
  server.close();
  return bytes;
}

function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Methods, targets, versions, and Host (RFC 9112 sections 2.3 and 3). */
import type { ReasonCode } from '../../src/proxy/telemetry/reasons';
import { Family, HOST, request, RequestCase, shown } from './case';

function refused(name: string, send: string, code: ReasonCode = 'bad_request'): RequestCase {
  return { name, send, reaches: [], refused: code };
}

const BAD_VERSIONS: readonly (readonly [string, ReasonCode])[] = [
  ...['HTTP/0.9', 'HTTP/2.0', 'HTTP/2.1', 'HTTP/2', 'HTTP/3', 'HTTP/1', 'HTTP/1.', 'HTTP/11', 'HTTP/01.1', 'HTTP/9.9', 'HTTP/1,1', 'HTTP/1.A']
    .map((version) => [version, 'version_not_supported'] as const),
  ...['HTTP/1.10', 'HTTP/1.01', 'HTTP/1.1.1', 'HTTP/1.1x', 'http/1.1', 'HTTp/1.1', 'HTTP /1.1', 'HTTP/ 1.1', 'HTTP/+1.1', 'HTTP/-1.1', 'HTTP\\1.1', 'HTTP1.1', 'HTTP',
    'HTTPS/1.1', 'XTTP/1.1', 'ICY/1.1', 'RTSP/1.0', 'HTTP/A.1', 'HTTP/\x001.1', '1.1', '"HTTP/1.1"', 'HTTP/1.1 HTTP/1.1', 'HTTP/1.1;'].map((version) => [version, 'bad_request'] as const),
];

const versions: Family<RequestCase> = {
  family: 'versions',
  cases: [
    { name: 'HTTP/1.1', send: `GET /v HTTP/1.1\r\n${HOST}\r\n`, reaches: ['GET /v'] },
    ...['HTTP/1.2', 'HTTP/1.9'].map((version): RequestCase => ({ name: `${version}, passed on as HTTP/1.1`, send: `GET /v ${version}\r\n${HOST}\r\n`, reaches: ['GET /v'] })),
    { name: 'HTTP/1.0, passed on as HTTP/1.1', send: `GET /v HTTP/1.0\r\n${HOST}\r\n`, reaches: ['GET /v'], closes: true },
    { name: 'HTTP/1.0 with keep-alive', send: `GET /v HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`, reaches: [{ line: 'GET /v', lacks: ['connection'] }] },
    { name: 'HTTP/1.0 with keep-alive and close', send: `GET /v HTTP/1.0\r\n${HOST}Connection: close, keep-alive\r\n\r\n`, reaches: ['GET /v'], closes: true },
    ...BAD_VERSIONS.map(([version, code]) => refused(shown(version), `GET /v ${version}\r\n${HOST}\r\n`, code)),
    refused('none', `GET /v\r\n${HOST}\r\n`),
    refused('none, and no fields', 'GET /v\r\n\r\n'),
    refused('none, with a body', `GET /v\r\n${HOST}Content-Length: 5\r\n\r\nhello`),
    refused('none, but a space', `GET /v \r\n${HOST}\r\n`),
    refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'version_not_supported'),
    refused('a response instead', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  ],
};

const methods: Family<RequestCase> = {
  family: 'methods',
  cases: [
    ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'POST', 'HEAD', 'FOO', 'gets', 'ge', 'purge', 'M-SEARCH', 'PROPFIND', '_', '!#$%&\'*+-.^_`|~9', 'X'.repeat(60)].map((method): RequestCase => ({
      name: shown(method), send: request(`${method} /m`), reaches: [`${method} /m`],
    })),
    ...['', '"GET"', '[GET]', 'GET,POST', 'G(T)', 'GET:', 'GET/', 'G\u00c4T'].map((method) => refused(shown(method), request(`${method} /m`))),
    ...['a:443', 'a', '/', '*', 'http://a/', 'a:443/', ''].map((target) =>
      refused(`CONNECT ${shown(target)}`, request(`CONNECT ${target}`), target === '' ? 'bad_request' : 'connect_method_refused')),
    ...['get', 'Get', 'gET', 'head', 'Post', 'pUT', 'delete', 'Patch', 'options', 'trace', 'connect'].map((method) =>
      refused(`${method}, a standard one in another case`, request(`${method} /m`))),
  ],
};

const SAME_TARGETS = [
  '/', '/a', '/a/b?c=d&e', '/?', '/?a=b?c', '/a//b', '//evil/x', '/http://b/', '/%0D%0AX:', '/a;b=c', '/a:b@c', '/?%zz//../', `/${'a'.repeat(200)}`, '/*', '/\'()',
];
/** Paths that are given their normal form. */
const CHANGED_TARGETS = [
  ['/./a/../b', '/b'], ['/..', '/'], ['/%41', '/A'], ['/%2e%2e/', '/'], ['/%0d%0aX:', '/%0D%0AX:'],
  ['/"<>{}|^`', '/%22%3C%3E%7B%7D%7C%5E%60'], ['/[]', '/%5B%5D'], ['/a/../b?c=/../d//', '/b?c=/../d//'], ['/a//b/../c', '/a//c'],
] as const;
/** Paths that have none that all servers agree on. */
const REFUSED_PATHS = ['/%2F', '/%5c', '/%00', '/%', '/%zz', '/a\\b', '/..;/a', '/%c0%af'];
const BAD_TARGETS = [
  'a', 'a/b', '?a', '#', '/#', '/a#b', '/a?b#c', '*', '**', '*/', '/a b', '\\a', '../a', './a', 'a:80', 'a.b:80', ':80', '[::1]:80', 'http:', 'http:/', 'http://', 'http:///', 'http:///a', 'http:a', 'http//a/',
  'http:/a/', ':', '://a/', 'http://:80/', 'http://a:b/', 'http://a:-1/', 'http://a:99999/', 'http://a:80:80/', 'http://u@a/', 'http://u:p@a/', 'http://@a/', 'http://a@b@c/', 'http://a#f', 'http://a/#f',
  'http://a b/', 'http://a\\b/', 'http://a,b/', 'http://a%00/', 'http://a%2fb/', 'http://[::1/', 'http://[zz]/', 'http://[]/', 'http://[::1]a/', 'http://[fe80::1%25eth0]/', 'ftp://a/', 'ws://a/', 'file:///a',
  'data:,a', 'javascript:a', 'httpx://a/', 'http ://a/', '"/a"', '/\xe4', '/\xe4?a', '/a?\xe4 b', '/a?\xe4#b', '/a?\x7f', '/a?\xe4\x00', 'http://\xe4/', 'http://\xe4?a', '\xe4?', `http://${'a'.repeat(240)}`.slice(0, 230) + '@b/',
];

const targets: Family<RequestCase> = {
  family: 'targets',
  cases: [
    ...SAME_TARGETS.map((target): RequestCase => ({ name: `${shown(target)}, passed on as it is`, send: request(`GET ${target}`), reaches: [`GET ${target}`] })),
    ...CHANGED_TARGETS.map(([target, path]): RequestCase => (
      { name: `${shown(target)}, passed on as ${path}`, send: request(`GET ${target}`), reaches: [`GET ${path}`] })),
    ...REFUSED_PATHS.map((target): RequestCase => (
      { name: `${shown(target)}, refused for its path`, send: request(`GET ${target}`), reaches: [], answered: 'path_refused' })),
    ...BAD_TARGETS.map((target) => refused(shown(target), request(`GET ${target}`))),
    ...([
      ['http://b/x', '/x', 'b'], ['http://b', '/', 'b'], ['http://b/', '/', 'b'], ['http://b?x', '/?x', 'b'], ['http://b:80/x?y', '/x?y', 'b:80'], ['HTTP://B/X', '/X', 'B'],
      ['https://b/x', '/x', 'b'], ['http://[::1]:8080/x', '/x', '[::1]:8080'], ['http://10.0.0.1/', '/', '10.0.0.1'], ['http://b:/x', '/x', 'b:'], ['http://b//x', '//x', 'b'],
    ] as const).map(([target, path, host]): RequestCase => ({
      name: `${shown(target)}, passed on as ${shown(path)} with Host made from it`, send: request(`GET ${target}`),
      reaches: [{ line: `GET ${path}`, has: [`host: ${host}`] }],
    })),
    ...[
      ['/?q=\xc3\xa4', '/?q=%C3%A4'], ['/a?\x80', '/a?%80'], ['/?a=\xe4&b=\xff/?', '/?a=%E4&b=%FF/?'], [`/?${'\xff'.repeat(200)}`, `/?${'%FF'.repeat(200)}`],
    ].map(([target, encoded]): RequestCase => ({ name: `${shown(target!)}, passed on percent-encoded`, send: request(`GET ${target}`), reaches: [`GET ${encoded}`] })),
    { name: 'a URL with a query that is not ASCII', send: request('GET http://b?\xe4'), reaches: [{ line: 'GET /?%E4', has: ['host: b'] }] },
    { name: '* with OPTIONS', send: request('OPTIONS *'), reaches: ['OPTIONS *'] },
    { name: 'a URL without a path, with OPTIONS, passed on as *', send: request('OPTIONS http://b'), reaches: [{ line: 'OPTIONS *', has: ['host: b'] }] },
    { name: 'a URL with a path, with OPTIONS', send: request('OPTIONS http://b/'), reaches: [{ line: 'OPTIONS /', has: ['host: b'] }] },
    { name: 'a URL with a query alone, with OPTIONS', send: request('OPTIONS http://b?x'), reaches: [{ line: 'OPTIONS /?x', has: ['host: b'] }] },
    ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'FOO'].map((method) => refused(`* with ${method}`, request(`${method} *`))),
    ...['OPTIONS', 'POST', 'HEAD'].map((method) => refused(`an authority with ${method}`, request(`${method} a:80`))),
  ],
};

const GOOD_HOSTS = [
  'a', 'a.b', 'a:80', 'a:', 'a:0', 'a:65535', '1.2.3.4', '1.2.3.4:80', '[::1]', '[::1]:80', '[::ffff:1.2.3.4]', '[2001:DB8::1]:', 'A.B', 'a_b', 'a-b', 'xn--4ca', 'a.', '-a', 'a!$&\'()*+;=b', `${'a'.repeat(255)}`,
];
const BAD_HOSTS = [
  '', '.', '..', '.a', 'a..', 'a..b', 'a..:80', ' ', 'a b', 'a\tb', 'a/', 'a/b', 'a?b', 'a#b', 'a@b', 'u:p@a', '@', 'a,b', 'a, b', 'a,', 'a:b', 'a:-1', 'a:+80', 'a:80:80', 'a:65536', 'a:123456', 'a: 80', 'a :80', ':', ':80', 'http://a', '//a', 'a\\b', 'a"b', '"a"', '<a>',
  'a%20b', 'a%00', 'a%', '%61', '[', ']', '[]', '[]:80', '[::1', '::1', '::1]', '[::1]x', '[::1]80', '[::g]', '[1.2.3.4]', '[a]', '[::1%25lo]', '[::1%lo]', '[v1.x]', '[[::1]]', 'a]', 'a[b', 'a\x00', '\x00a', 'a\x7f', 'a\xff', 'a^b', 'a`b', 'a{b}', 'a|b',
  'a'.repeat(256),
];

const hosts: Family<RequestCase> = {
  family: 'Host',
  cases: [
    ...GOOD_HOSTS.map((host): RequestCase => ({ name: shown(host), send: `GET /h HTTP/1.1\r\nHost: ${host}\r\n\r\n`, reaches: [{ line: 'GET /h', has: [`Host: ${host}`] }] })),
    ...BAD_HOSTS.map((host) => refused(shown(host), `GET /h HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
    refused('missing', 'GET /h HTTP/1.1\r\n\r\n'),
    refused('missing, with other fields', 'GET /h HTTP/1.1\r\nX: y\r\n\r\n'),
    refused('missing, with a URL', 'GET http://a/h HTTP/1.1\r\n\r\n'),
    { name: 'missing in HTTP/1.0', send: 'GET /h HTTP/1.0\r\n\r\n', reaches: ['GET /h'], closes: true },
    { name: 'missing in HTTP/1.0 with a URL', send: 'GET http://b/h HTTP/1.0\r\n\r\n', reaches: [{ line: 'GET /h', has: ['host: b'] }], closes: true },
    refused('invalid in HTTP/1.0', 'GET /h HTTP/1.0\r\nHost: a/b\r\n\r\n'),
    refused('twice in HTTP/1.0', 'GET /h HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n'),
    ...([['a', 'a'], ['a', 'b'], ['a', ''], ['', 'a']] as const).map(([one, two]) =>
      refused(`twice, ${shown(one)} and ${shown(two)}`, `GET /h HTTP/1.1\r\nHost: ${one}\r\nHost: ${two}\r\n\r\n`)),
    refused('twice, with another field between', 'GET /h HTTP/1.1\r\nHost: a\r\nX: y\r\nhost: b\r\n\r\n'),
    refused('twice, with a URL', 'GET http://a/h HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'),
    refused('invalid, with a URL', 'GET http://a/h HTTP/1.1\r\nHost: a/b\r\n\r\n'),
    ...['Host : a', ' Host: a', 'Host\x00: a', 'Host\t: a', 'Host', 'Host a', 'X: y\nHost: a', 'X: y\rHost: a', 'H\xf6st: a'].map((line) =>
      refused(`as ${shown(line)}`, `GET /h HTTP/1.1\r\n${line}\r\n\r\n`)),
    ...['Host : b', 'Host\x00: b', ' Host: b', 'X: y\nHost: b', 'X: y\rHost: b'].map((line) =>
      refused(`a second one as ${shown(line)}`, `GET /h HTTP/1.1\r\n${HOST}${line}\r\n\r\n`)),
    {
      name: 'that Connection would take away', send: `GET /h HTTP/1.1\r\n${HOST}Connection: host\r\n\r\n`,
      reaches: [{ line: 'GET /h', has: ['Host: a'], lacks: ['connection'] }],
    },
  ],
};

export const REQUEST_LINE: readonly Family<RequestCase>[] = [versions, methods, targets, hosts];

/** What is said of a connection of TLS that passes through, in place of a request. */
import { AppProtocol, Gateway, Match, Route } from '../../../src';
import { ask, rowsOf, service, stackOf } from './support';

const TLS = { containers: [{ image: 'db:1', portNumber: 8443 }], port: 8443, protocol: AppProtocol.TLS };
const stack = stackOf((chart) => {
  const [db, old] = [service(chart, 'db', TLS), service(chart, 'old', TLS)];
  db.addRoute(Route.when(Match.host('db.shop')).to(old).named('old'));
  service(chart, 'web').calls(db);
  const edge = new Gateway(chart, 'edge', { protocol: AppProtocol.TLS });
  edge.route('db.example.com', db);
  edge.route('*.example.com', old);
});

test('GIVEN a name that no route asks for THEN it is told where the rest goes, and which routes it does not take', () => {
  expect(rowsOf(ask(stack, 'tls://db:8443', { from: 'web' }))).toMatchObject({
    'taken by': [expect.stringMatching(/^outbound\/shop\/db:8443 of its sidecar, at 127\./)],
    'route': ['default: takes every server name (2 of 2 in precedence)'],
    'not taken': [expect.stringMatching(/^old +host is/)],
    'goes to': ['100 %  db v1  2 pods'],
    'protocol': ['TLS of the apps, passed through unread'],
    'timeout': ['ended after 1 h without a byte; 1 s to connect'],
    'retries': ['2 of connecting, at other endpoints; none once there is a connection'],
  });
});

test('GIVEN the name of a route THEN that takes it', () => {
  expect(rowsOf(ask(stack, 'tls://DB.shop:8443', { from: 'web' }))).toMatchObject({
    'route': [expect.stringMatching(/^old: takes host .*db\.shop.* \(1 of 2 in precedence\)$/)], 'goes to': ['100 %  old v1  2 pods'],
  });
});

test('GIVEN a gateway THEN it goes by the host, and one that no route takes is refused', () => {
  expect(rowsOf(ask(stack, 'tls://db.example.com:443', { from: 'edge' }))).toMatchObject({
    'taken by': ['tls of the gateway, at port 443 of Service edge'], 'goes to': ['100 %  db v1  2 pods'],
  });
  expect(rowsOf(ask(stack, 'tls://nobody.example:443', { from: 'edge' }))).toMatchObject({ answer: ['refused by the gateway: no route takes it'] });
});

test.each([
  ['tcp://db:8443', 'web', 'db:8443 carries TLS, where nobody looks at requests; ask about tls://db:8443'],
  ['http://db:8443/', 'web', 'db:8443 carries TLS, where nobody looks at requests; ask about tls://db:8443'],
  ['tls://db', 'web', '\'tls://db\' is no connection; write it with its port and nothing behind, as in tls://db.example.com:443'],
])('GIVEN %s THEN it is said what to ask about', (url, from, message) => {
  expect(() => ask(stack, url, { from })).toThrow(message);
});

test('GIVEN another port of the gateway THEN it is said what it takes', () => {
  expect(rowsOf(ask(stack, 'http://db.example.com', { from: 'edge' })).declared).toEqual(['tls://db.example.com:443']);
});

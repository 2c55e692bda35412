/** What is said of a connection of TCP, in place of a request. */
import { Duration } from 'cdk8s';
import { AppProtocol, Authorization, Identity, LoadBalancing, Mesh } from '../../../src';
import { ask, rowsOf, service, stackOf } from './support';

const stack = stackOf((chart) => {
  new Mesh(chart, 'mesh', { identity: Identity.certManagerSpiffe(), authorization: Authorization.enforce() });
  const redis = service(chart, 'redis', {
    containers: [{ image: 'redis:7', portNumber: 6379 }], port: 6379, protocol: AppProtocol.TCP, loadBalancing: LoadBalancing.leastRequest(),
    tcp: { idleTimeout: Duration.hours(2), maxDuration: Duration.hours(12) },
  });
  const web = service(chart, 'web');
  web.calls(redis);
  service(chart, 'edge').calls(web);
});

test('GIVEN a connection THEN it is told from listener to app, with its times, and what is tried again', () => {
  expect(rowsOf(ask(stack, 'tcp://redis:6379', { from: 'web' }))).toEqual({
    'taken by': [expect.stringMatching(/^outbound\/shop\/redis:6379 of its sidecar, at 127\.\d+\.\d+\.\d+:6379$/)],
    'identity': ['spiffe://cluster.local/ns/shop/sa/web'],
    'goes to': ['100 %  redis v1  2 pods'],
    'mutual TLS': ['the endpoint must be spiffe://cluster.local/ns/shop/sa/redis'],
    'balancing': ['least request of 2 choices'],
    'timeout': ['ended after 2 h without a byte, after 12 h in any case; 1 s to connect'],
    'retries': ['2 of connecting, at other endpoints; none once there is a connection'],
    'health': ['ejected after 5 errors in a row or 10 points more failures; 50 % of the pods at most'],
    'callee': ['sidecar at port 15006, mutual TLS only, rule \'shop/web\' lets it in, no timeout of its own; app at port 6379'],
  });
});

test.each([
  ['http://redis:6379/', 'web', 'redis:6379 carries TCP, where nobody looks at requests; ask about tcp://redis:6379'],
  ['tcp://web:80', 'edge', 'web:80 takes requests; ask about one, as in GET http://web:80/'],
  ['tcp://redis', 'web', '\'tcp://redis\' is no connection; write it with its port and nothing behind, as in tcp://redis:6379'],
])('GIVEN %s THEN it is said what to ask about', (url, from, message) => {
  expect(() => ask(stack, url, { from })).toThrow(message);
});

/** Where the app beside a sidecar is said to listen, and what its document has of it. */
import { Testing } from 'cdk8s';
import { AppAddress, Mesh, MeshService, MeshServiceProps } from '../../src';
import { StaticDiscovery, StaticEndpoint } from '../../src/contract';
import { documentOf, newChart } from '../support/manifests';
import { expectSound } from './sound';

function endpointOf(props: Partial<MeshServiceProps>, mesh?: AppAddress): StaticEndpoint {
  const chart = newChart();
  new Mesh(chart, 'Mesh', { appAddress: mesh });
  new MeshService(chart, 'web', { containers: [{ image: 'web:1', portNumber: 8080 }], ...props });
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  const [{ discovery }] = documentOf(manifests, 'web-v1').clusters;
  return (discovery as StaticDiscovery).endpoints[0];
}

test.each<[string, Partial<MeshServiceProps>, Omit<StaticEndpoint, 'port'>]>([
  ['nothing', {}, { address: '127.0.0.1', listensAt: ['pod', '127.0.0.1', '::1'] }],
  ['anywhere', { appAddress: AppAddress.any() }, { address: '127.0.0.1', listensAt: ['pod', '127.0.0.1', '::1'] }],
  ['the pod\'s addresses', { appAddress: AppAddress.pod() }, { address: '127.0.0.1', listensAt: ['pod'] }],
  ['loopback', { appAddress: AppAddress.loopback() }, { address: '127.0.0.1', listensAt: ['127.0.0.1', '::1'] }],
  ['one address', { appAddress: AppAddress.of('127.0.0.2') }, { address: '127.0.0.2' }],
])('GIVEN %s is said THEN the document has it', (_, props, endpoint) => {
  expect(endpointOf(props)).toEqual({ ...endpoint, port: 8080 });
});

test('GIVEN the mesh says one THEN it holds for services that say none', () => {
  expect(endpointOf({}, AppAddress.of('::1'))).toEqual({ address: '::1', port: 8080 });
  expect(endpointOf({ appAddress: AppAddress.of('127.0.0.2') }, AppAddress.of('::1'))).toEqual({ address: '127.0.0.2', port: 8080 });
});

test.each([
  [AppAddress.of('localhost'), '\'appAddress\' is "localhost": use an IP address, such as AppAddress.of(\'127.0.0.2\'), or AppAddress.loopback()'],
  ['127.0.0.1' as unknown as AppAddress, '\'appAddress\' is "127.0.0.1": make it with AppAddress.loopback(), for example'],
])('GIVEN %j THEN it is told in words', (appAddress, message) => {
  expect(() => new MeshService(newChart(), 'web', { containers: [{ image: 'web:1', portNumber: 8080 }], appAddress })).toThrow(message);
});

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

test.each(['127.0.0.2', '127.1.2.3', '::1', '10.0.0.1', '192.168.1.1', 'fd00::1'])('GIVEN %s THEN it is taken', (address) => {
  expect(endpointOf({ appAddress: AppAddress.of(address) })).toEqual({ address, port: 8080 });
});

test.each([
  ...['0.0.0.0', '::', '224.0.0.1', '255.255.255.255', 'ff02::1'].map((address) => [AppAddress.of(address), `'appAddress' is "${address}": this is no single address; say AppAddress.any()`]),
  ...['8.8.8.8', '2001:db8::1', '169.254.169.254', 'fe80::1', '::ffff:8.8.8.8'].map((address) => [AppAddress.of(address), `'appAddress' is "${address}": requests would leave the pod`]),
  [AppAddress.of('127.64.0.1'), '\'appAddress\' is "127.64.0.1": addresses in 127.64.0.0/10 lead to what the app calls'],
  [AppAddress.of('localhost'), '\'appAddress\' is "localhost": use an IP address, such as AppAddress.of(\'127.0.0.2\'), or AppAddress.loopback()'],
  ['127.0.0.1' as unknown as AppAddress, '\'appAddress\' is "127.0.0.1": make it with AppAddress.loopback(), for example'],
] as [AppAddress, string][])('GIVEN %j THEN it is told in words', (appAddress, message) => {
  expect(() => new MeshService(newChart(), 'web', { containers: [{ image: 'web:1', portNumber: 8080 }], appAddress })).toThrow(message);
});

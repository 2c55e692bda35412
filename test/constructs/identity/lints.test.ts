/** What is said of identities that are asked for less than they could be, at synthesis and from YAML alike. */
import * as kplus from 'cdk8s-plus-28';
import { AppAddress, Identity, MeshProps, MeshService, MeshServiceProps, MutualTls, NetworkPolicies } from '../../../src';
import { said } from '../said';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const identity = Identity.files();
const shut = { networkPolicies: NetworkPolicies.fromCalls() };

type Connect = (web: kplus.Deployment, catalog: kplus.Deployment) => void;

function saidOf(mesh: MeshProps, catalog: Partial<MeshServiceProps> = {}, connect: Connect = () => {}): string[] {
  return said((chart) => {
    const web = new MeshService(chart, 'web', { containers });
    const called = new MeshService(chart, 'catalog', { containers, ...catalog });
    web.calls(called);
    connect(web.deployment, called.deployment);
  }, mesh);
}

test('the app\'s port takes connections past the sidecar', () => {
  const finding = 'callers prove who they are at TCP port 15006, and any pod can connect at 8080 (the app), where nobody asks them; '
    + 'shut the port with networkPolicies: NetworkPolicies.fromCalls() of the Mesh, or let the app listen on 127.0.0.1 and say AppAddress.loopback() (app-port)';
  expect(saidOf({ identity, appAddress: AppAddress.loopback() }, { appAddress: AppAddress.any() })).toEqual([`catalog v1: ${finding}`]);
});

test.each<[string, MeshProps]>([
  ['policies shut it', { identity, ...shut }],
  ['the app listens on loopback', { identity, appAddress: AppAddress.loopback() }],
  ['the app listens on an address of loopback', { identity, appAddress: AppAddress.of('127.0.0.2') }],
  ['there is no identity', {}],
])('nothing is said of it where %s', (_, mesh) => {
  expect(saidOf(mesh)).toEqual([]);
});

test('a policy that opens it is named', () => {
  const findings = saidOf({ identity, ...shut }, {}, (web, catalog) => catalog.connections.allowFrom(web));
  expect(findings).toEqual([expect.stringMatching(/^catalog v1: .*NetworkPolicy '\S+' lets pods in at 8080 \(the app\), where nobody asks them; allow TCP port 15006 there instead \(app-port\)$/)]);
});

test('a service that need not be permissive any more is told', () => {
  expect(saidOf({ identity, ...shut }, { mutualTls: MutualTls.PERMISSIVE })).toEqual([expect.stringMatching(/^catalog v1: it lets everybody in without mutual TLS, which all of its callers use; make it strict .*\(mutual-tls-permissive\)$/)]);
  expect(saidOf({ identity, ...shut }, { mutualTls: MutualTls.PREPARE })).toEqual([]);
  expect(saidOf({ identity, ...shut }, { mutualTls: MutualTls.STRICT.allowPlain('10.0.0.0/8') })).toEqual([]);
});

test('a callee without an identity is told', () => {
  expect(saidOf({ identity, ...shut }, { identity: Identity.none() })).toEqual([expect.stringMatching(/^web -> catalog v1: catalog v1 has no identity.*\(plain-callee\)$/)]);
});

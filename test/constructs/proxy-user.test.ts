/** Who the sidecar runs as. */
import { Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Mesh, MeshService, MeshSidecar, ProxyUser } from '../../src';
import { findByKind, newChart, podSpec } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

/** Security context of the sidecar of a service in a mesh with this user. */
function contextOf(ofMesh?: ProxyUser, ofService?: ProxyUser) {
  const chart = newChart();
  new Mesh(chart, 'mesh', { proxyUser: ofMesh });
  new MeshService(chart, 'web', { containers, proxyUser: ofService });
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  expectRestricted(manifests);
  const { securityContext, initContainers } = podSpec(findByKind(manifests, 'Deployment')[0]);
  return { ...securityContext, ...initContainers[0].securityContext };
}

test('is the image\'s unless said otherwise', () => {
  expect(contextOf()).toMatchObject({ runAsUser: 65_532, runAsGroup: 65_532, runAsNonRoot: true });
});

test('is who the mesh says, or the service itself', () => {
  expect(contextOf(ProxyUser.of(20_000))).toMatchObject({ runAsUser: 20_000, runAsGroup: 20_000 });
  expect(contextOf(ProxyUser.of(20_000), ProxyUser.of(30_000, 40_000))).toMatchObject({ runAsUser: 30_000, runAsGroup: 40_000 });
});

test('is nobody where the cluster chooses, and still not root', () => {
  const context = contextOf(ProxyUser.assigned());
  expect(Object.keys(context)).not.toEqual(expect.arrayContaining(['runAsUser']));
  expect(Object.keys(context)).not.toEqual(expect.arrayContaining(['runAsGroup']));
  expect(context.runAsNonRoot).toBe(true);
});

test('goes for workloads made elsewhere, too', () => {
  const chart = newChart();
  new MeshSidecar(chart, 'Sidecar', { workload: new kplus.Job(chart, 'job', { containers }), proxyUser: ProxyUser.assigned() });
  expect(podSpec(findByKind(Testing.synth(chart), 'Job')[0]).initContainers[0].securityContext.runAsUser).toBeUndefined();
});

test('is never root', () => {
  expect(() => contextOf(ProxyUser.of(0))).toThrow(/'proxyUser.user' is 0: use a whole number from 1/);
  expect(() => contextOf(65_532 as unknown as ProxyUser)).toThrow("'proxyUser' is 65532: make it with ProxyUser.assigned() or ProxyUser.of(20000)");
});

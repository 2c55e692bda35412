/** What is not written because the API server fills it in, and what stays. */
import { ApiObject, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { MeshService, MeshSidecar, ServiceType } from '../../src';
import { withoutDefaults } from '../../src/constructs/kubernetes/api-defaults';
import { findOne, newChart, podSpec } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

test('a field is left out when it is just what Kubernetes fills in, and stays when it is anything else', () => {
  const deployment = (spec: object) => withoutDefaults({ kind: 'Deployment', spec });
  expect(deployment({ progressDeadlineSeconds: 600, replicas: 1 })).toEqual({ kind: 'Deployment', spec: { replicas: 1 } });
  expect(deployment({ progressDeadlineSeconds: 300 })).toEqual({ kind: 'Deployment', spec: { progressDeadlineSeconds: 300 } });
  expect(deployment({ strategy: { rollingUpdate: { maxSurge: '25%' } }, replicas: 1 })).toEqual({ kind: 'Deployment', spec: { replicas: 1 } });
  expect(deployment({ strategy: { type: 'Recreate' } })).toEqual({ kind: 'Deployment', spec: { strategy: { type: 'Recreate' } } });
  expect(withoutDefaults({ kind: 'Role', rules: [{ restartPolicy: 'Always' }] })).toEqual({ kind: 'Role', rules: [{ restartPolicy: 'Always' }] });
});

test('what client-side kubectl apply would find missing each time stays, though it is a default', () => {
  const chart = newChart();
  new MeshService(chart, 'web', { containers }).calls(new MeshService(chart, 'catalog', { containers }));
  const deployment = findOne(Testing.synth(chart), 'Deployment', 'web-v1');
  // Kubernetes merges a strategy by the keys that are there: `$retainKeys`.
  expect(deployment.spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } });
  // A list without a merge key is replaced as a whole when an item differs from what the API server has filled in.
  const { projected } = podSpec(deployment).volumes.find(({ name }: { name: string }) => name === 'mesh-token');
  expect(projected.sources[0].serviceAccountToken.expirationSeconds).toBe(3_600);
  // Without its items, the API server warns of paths that might overlap.
  expect(projected.sources[1].configMap.items).toHaveLength(1);
});

test('the restart policy of a sidecar stays: without it, it would be an init container', () => {
  const chart = newChart();
  new MeshService(chart, 'web', { containers });
  const pod = podSpec(findOne(Testing.synth(chart), 'Deployment', 'web-v1'));
  expect(pod.restartPolicy).toBeUndefined();
  expect(pod.initContainers[0].restartPolicy).toBe('Always');
});

test('containers don\'t repeat what their pod says, and say what is otherwise', () => {
  const chart = newChart();
  const web = new MeshService(chart, 'web', { containers: [{ ...containers[0]!, securityContext: { ensureNonRoot: false } }] });
  web.deployment.addContainer({ name: 'other', image: 'ghcr.io/acme/other:1', securityContext: { seccompProfile: { type: kplus.SeccompProfileType.UNCONFINED } } });
  const { securityContext, containers: [app, other] } = podSpec(findOne(Testing.synth(chart), 'Deployment', 'web-v1'));
  expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(app.securityContext.runAsNonRoot).toBe(false);
  expect(other.securityContext.runAsNonRoot).toBeUndefined();
  expect(other.securityContext.seccompProfile).toEqual({ type: 'Unconfined' });
});

test('the type of a Service stays where it has an address', () => {
  const chart = newChart();
  new MeshService(chart, 'web', { containers });
  new MeshService(chart, 'edge', { containers, type: ServiceType.LOAD_BALANCER });
  const type = (name: string) => findOne(Testing.synth(chart), 'Service', name).spec.type as string | undefined;
  expect(['web', 'web-v1', 'edge'].map(type)).toEqual(['ClusterIP', undefined, 'LoadBalancer']);
});

test('a workload that was made elsewhere is written as its author has said', () => {
  const chart = newChart();
  const workload = new kplus.Deployment(chart, 'ledger', { metadata: { name: 'ledger' }, containers });
  new MeshSidecar(chart, 'sidecar', { workload });
  const object = new ApiObject(chart, 'object', {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'worker' },
    spec: {
      selector: { matchLabels: { app: 'worker' } },
      template: { metadata: { labels: { app: 'worker' } }, spec: { dnsPolicy: 'ClusterFirst', containers: [{ name: 'app', image: 'worker:1' }] } },
    },
  });
  new MeshSidecar(chart, 'sidecar-of-object', { workload: object });
  const manifests = Testing.synth(chart);
  const pod = (name: string) => podSpec(findOne(manifests, 'Deployment', name));
  expect(findOne(manifests, 'Deployment', 'ledger').spec).toMatchObject({ progressDeadlineSeconds: 600 });
  for (const name of ['ledger', 'worker']) {
    expect(pod(name).dnsPolicy).toBe('ClusterFirst');
    // Its pods need not say it.
    expect(pod(name).initContainers[0].securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  }
});

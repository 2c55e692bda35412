/**
 * What the suite applies: the example shop with the given images, and beside it a client without a sidecar. The apps' containers run
 * a small program out of a ConfigMap, so any image with Node will do for them, the proxy's own too.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { App, Testing } from 'cdk8s';
import { Mesh, MeshService, ProxyImage } from 'cdk8s-mesh';
import { Shop } from '../../examples/shop/shop';
import { findByKind, Manifest, podSpec } from '../support/manifests';

/** The namespace of the example. */
export const NAMESPACE = 'shop';

const PROGRAMS = 'cluster-suite';
const PROGRAM_DIR = '/srv';
const MAIN = 'main';

export interface Images {
  readonly proxy: string;
  readonly app: string;
}

/** The example, with changes that a user would make in its source. */
export function shop(images: Images, change: (service: (name: string) => MeshService) => void = () => undefined): Manifest[] {
  const app = new App();
  new Mesh(app, 'mesh', { proxyImage: ProxyImage.of(images.proxy) });
  const chart = new Shop(app, 'shop');
  change((name) => chart.node.findChild(name) as MeshService);
  // The suite needs no Prometheus Operator.
  return withProgram((Testing.synth(chart) as Manifest[]).filter(({ apiVersion }) => !apiVersion.startsWith('monitoring.coreos.com/')), images);
}

/** Objects whose apps are the suite's. They need {@link namespace} to be there. */
export function withProgram(manifests: Manifest[], images: Images): Manifest[] {
  // A gateway has no app.
  const pods = findByKind(manifests, 'Deployment').map(podSpec).filter(({ containers }) => containers.some(({ name }: Manifest) => name === MAIN));
  for (const pod of pods) useProgram(pod, images.app);
  return manifests;
}

/** A namespace that admits only restricted pods, and the program of its apps. */
export function namespace(name: string): Manifest[] {
  const program = readFileSync(resolve('test/cluster/programs/app.cjs'), 'utf8');
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: PROGRAMS, namespace: name }, data: { 'app.cjs': program } },
  ];
}

/** What is there besides: the namespace, and a client outside of the mesh. */
export function surroundings({ app }: Images): Manifest[] {
  const spec = {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    containers: [{
      name: MAIN,
      ports: [{ containerPort: 8080 }],
      securityContext: {
        allowPrivilegeEscalation: false, runAsNonRoot: true, runAsUser: 65_532, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' },
      },
    }],
  };
  useProgram(spec, app);
  const labels = { app: 'client' };
  return [
    ...namespace(NAMESPACE),
    {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'client', namespace: NAMESPACE },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
  ];
}

/** Lets the first container run the suite's app. */
function useProgram(spec: Manifest, image: string): void {
  const main = spec.containers.find(({ name }: Manifest) => name === MAIN);
  main.image = image;
  main.imagePullPolicy = 'IfNotPresent';
  // What the example's apps would need is more than a small cluster has.
  main.resources = { requests: { cpu: '50m', memory: '64Mi' } };
  main.command = ['node', `${PROGRAM_DIR}/app.cjs`];
  main.env = [...(main.env ?? []), { name: 'PORT', value: String(main.ports[0].containerPort) }];
  main.securityContext = { ...main.securityContext, runAsUser: main.securityContext?.runAsUser ?? 65_532 };
  main.volumeMounts = [...(main.volumeMounts ?? []), { name: 'programs', mountPath: PROGRAM_DIR, readOnly: true }];
  spec.volumes = [...(spec.volumes ?? []), { name: 'programs', configMap: { name: PROGRAMS } }];
}

/** Apps that listen at the port at which they call a service: what is refused, what is taken, and what a pod that redirects ports has. */
import { Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { AppAddress, Interception, Mesh, MeshService, MeshServiceProps, PodSecurityLevel } from '../../src';
import { documentOf, findOne, Manifest, newChart, podSpec } from '../support/manifests';
import { expectSound } from './sound';

const app: kplus.ContainerProps = { image: 'ghcr.io/acme/app:1', portNumber: 9080 };

/** `reviews`, which calls `ratings` at 9080, where it listens itself. */
function reviews(props: Partial<MeshServiceProps>, more: (web: MeshService) => unknown = () => undefined): Manifest[] {
  const chart = newChart();
  const ratings = new MeshService(chart, 'ratings', { containers: [app], port: 9080 });
  const web = new MeshService(chart, 'reviews', { containers: [app], ...props });
  more(web);
  web.calls(ratings);
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return manifests;
}
const specOf = (manifests: Manifest[]) => podSpec(findOne(manifests, 'Deployment', 'reviews-v1'));
const variable = ({ env }: Manifest): string | undefined => env?.find(({ name }: Manifest) => name === 'MESH_REDIRECTED_PORTS')?.value;

test.each([['all addresses', {}], ['what answers first', { appAddress: AppAddress.any() }]])('an app that binds %s is refused, with three ways out', (_, props) => {
  const said = /'containers\['main'\]\.port' is 9080: .*'ratings' another service port.*by its environment or command.*AppAddress\.loopback\(\) or AppAddress\.pod\(\).*Interception\.redirect\(\) helps; it costs .*NET_ADMIN/;
  expect(() => reviews(props)).toThrow(said);
});

test.each([['loopback', AppAddress.loopback()], ['the pod', AppAddress.pod()], ['127.0.0.2', AppAddress.of('127.0.0.2')]])('an app that binds %s is taken', (_, appAddress) => {
  const manifests = reviews({ appAddress });
  expect(documentOf(manifests, 'reviews-v1').listeners).toContainEqual(expect.objectContaining({ name: 'outbound/shop/ratings:9080', port: 9080 }));
  expect(specOf(manifests).initContainers).toHaveLength(1);
});

test('where the app binds says nothing of other containers', () => {
  const containers = [{ ...app, portNumber: 8080 }, { image: 'm:1', name: 'metrics', portNumber: 9080 }];
  expect(() => reviews({ containers, appAddress: AppAddress.pod() })).toThrow(/'containers\['metrics'\]\.port' is 9080: (?!.*AppAddress)/);
});

describe('a pod that redirects', () => {
  const manifests = reviews({
    interception: Interception.redirect(),
    containers: [{ image: 'a:1', ports: [{ number: 9080 }, { number: 53, name: 'dns', protocol: kplus.Protocol.UDP }] }, { image: 'm:1', name: 'metrics', portNumber: 9100 }],
  }, (web) => web.addPort('admin', { port: 9090, targetPort: 9443 }));
  const [redirect, sidecar] = specOf(manifests).initContainers;

  test('has an init container before the sidecar, with the one capability that it needs', () => {
    expect(redirect).toMatchObject({
      name: 'mesh-redirect', image: sidecar.image, command: ['/redirect'], args: ['127.64.0.0/10', '9080:15200', '9100:15201', '9443:15202'],
      securityContext: { runAsUser: 0, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } },
    });
    expect(redirect.volumeMounts).toBeUndefined();
  });

  test('tells its sidecar, and nothing else is different', () => {
    expect(variable(sidecar)).toBe('9080:15200,9100:15201,9443:15202');
    expect(documentOf(manifests, 'reviews-v1').listeners).toContainEqual(expect.objectContaining({ name: 'outbound/shop/ratings:9080', port: 9080 }));
  });

  test('has none when it calls nothing', () => {
    const chart = newChart();
    new MeshService(chart, 'reviews', { containers: [app], interception: Interception.redirect() });
    expect(specOf(Testing.synth(chart)).initContainers).toHaveLength(1);
  });
});

test('ports that redirected calls take are refused to others', () => {
  const redirecting = { interception: Interception.redirect() };
  expect(() => reviews({ ...redirecting, containers: [app, { image: 'm:1', name: 'metrics', portNumber: 15_200 }] }))
    .toThrow('\'containers[\'metrics\'].port\' is 15200: the sidecar takes this port for calls at port 9080, which are redirected');
  expect(() => reviews(redirecting, (web) => web.calls(new MeshService(web.node.scope!, 'other', { containers: [app], port: 15_200 }))))
    .toThrow('\'interception\' is "redirect()": calls to \'other\' are at port 15200, at which the sidecar listens for calls at port 9080; give \'other\' another service port');
  expect(() => reviews({ ...redirecting, containers: [{ image: 'a:1', ports: Array.from({ length: 65 }, (_, index) => ({ number: 9080 + index, name: `p${index}` })) }] }))
    .toThrow('\'interception\' is "redirect() of 65 ports": the containers of a pod can have at most 64 ports then');
});

test.each([PodSecurityLevel.BASELINE, PodSecurityLevel.RESTRICTED])('a namespace that enforces %s refuses it, in one message', (enforce) => {
  const chart = newChart();
  new Mesh(chart, 'Mesh', { podSecurity: { enforce }, interception: Interception.redirect() });
  const hardened = { ...app, securityContext: { seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT } } };
  new MeshService(chart, 'reviews', { containers: [hardened] }).calls(new MeshService(chart, 'ratings', { containers: [hardened], port: 9080 }));
  let said = '';
  try {
    Testing.synth(chart);
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said).toContain(`'interception' is "redirect()": namespace 'shop' enforces the ${enforce} Pod Security Standard, which refuses its init container`);
  expect(said).not.toContain('mesh-redirect');
});

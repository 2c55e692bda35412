/** Mistakes of several constructs, told by the synthesis together, and when a constructor throws all the same. */
import { App, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ExternalEndpoints, ExternalService, ExternalServiceProps, Mesh, MeshService, MeshServiceProps, Mistakes, VersionProps } from '../../src';
import { newChart } from '../support/manifests';

const app: kplus.ContainerProps = { image: 'ghcr.io/acme/app:1', portNumber: 8080 };

function together(): Chart {
  const chart = newChart();
  new Mesh(chart, 'Mesh', { mistakes: Mistakes.TOGETHER });
  return chart;
}
const service = (chart: Chart, id: string, props: Partial<Record<keyof MeshServiceProps, unknown>> = {}): MeshService =>
  new MeshService(chart, id, { containers: [app], ...props } as MeshServiceProps);

/** What synthesis says, one mistake each. */
function mistakesOf(chart: Chart): string[] {
  try {
    Testing.synth(chart);
  } catch (error) {
    return (error as Error).message.split('\n').slice(1).map((line) => line.trim());
  }
  return [];
}

test('mistakes of several constructs are told together, and nothing else is', () => {
  const chart = together();
  const web = service(chart, 'web', { port: 0, ...{ retries: 3 } });
  const cart = service(chart, 'cart', { containers: [] });
  const stripe = new ExternalService(chart, 'api.stripe.com', { endpoints: ExternalEndpoints.dns('api.stripe.com'), port: -1 });
  const catalog = service(chart, 'catalog', { workers: 100 });
  const sound = service(chart, 'sound');
  catalog.addVersion('v2', { containers: [app], weight: 0.1 });
  web.calls(cart);
  web.calls(stripe);
  cart.calls(catalog, { hedge: 1 } as never);
  catalog.calls(sound);
  sound.calls(catalog);
  const said = mistakesOf(chart);
  expect(said).toEqual([
    expect.stringContaining('[chart/web] \'retries\' is not a prop here'),
    expect.stringContaining('[chart/web] \'port\' is 0'),
    expect.stringContaining('[chart/cart] \'containers\' is []: name at least one container'),
    expect.stringContaining('\'calls(catalog).hedge\' is not a prop here'),
    expect.stringContaining('[chart/api.stripe.com] \'port\' is -1'),
    expect.stringContaining('[chart/catalog] \'workers\' is 100'),
    expect.stringContaining('[chart/catalog] \'addVersion(v2).weight\' is 0.1'),
  ]);
});

test.each<[string, Partial<Record<keyof MeshServiceProps, unknown>>]>([
  ['a version that is no name', { version: 'V 1' }],
  ['a name that is none', { name: 'not a name' }],
  ['a port that is none', { port: 'eighty' }],
  ['a container without an image', { containers: [{ portNumber: 8080 }] }],
  ['an identity of another kind', { identity: 'spiffe' }],
  ['a weight that is none', { weight: -1 }],
])('a service with %s is one mistake, and can be used', (_, props) => {
  const chart = together();
  const web = service(chart, 'web', props);
  web.addVersion('v2', { containers: [app] });
  web.calls(service(chart, 'catalog', { port: 8080 + 1 }));
  service(chart, 'caller').calls(web);
  expect(web.deployment.name).toBe('web-v1');
  expect(mistakesOf(chart)).toHaveLength(1);
});

test.each([undefined, null])('so is one whose props are %p', (props) => {
  const chart = together();
  new MeshService(chart, 'web', props as never);
  new ExternalService(chart, 'api', props as never);
  new MeshService(chart, 'cart', { containers: [app] }).addVersion('v2', props as unknown as VersionProps);
  expect(mistakesOf(chart)).toHaveLength(3);
});

test('what can\'t go on throws at once', () => {
  const chart = together();
  expect(() => service(chart, 'Not a name')).toThrow('\'id\' is "not a name"');
  expect(() => new MeshService(new App(), 'web', { containers: [app] })).toThrow('have to be in a chart');
});

test('without a Mesh that says so, each constructor throws', () => {
  expect(() => service(newChart(), 'web', { port: 0 })).toThrow('[chart/web] \'port\' is 0');
  const chart = newChart();
  new Mesh(chart, 'Mesh', { mistakes: Mistakes.TOGETHER });
  const inner = new Chart(chart, 'inner');
  new Mesh(inner, 'Mesh', { mistakes: Mistakes.AT_ONCE });
  expect(() => service(inner, 'web', { port: 0 })).toThrow('\'port\' is 0');
  expect(() => new Mesh(new Chart(chart, 'other'), 'Mesh', { mistakes: 'LATER' as Mistakes })).toThrow('use one of Mistakes.AT_ONCE, Mistakes.TOGETHER');
});

test('an external service above charts lets a Mesh come later', () => {
  const root = new App();
  const props: ExternalServiceProps = { endpoints: ExternalEndpoints.dns('api.stripe.com') };
  const stripe = new ExternalService(root, 'api.stripe.com', props);
  new Mesh(root, 'Mesh', { mistakes: Mistakes.TOGETHER });
  const charts = ['a', 'b'].map((name) => new Chart(root, name, { namespace: name }));
  charts.forEach((chart) => service(chart, 'web').calls(stripe));
  expect(charts.flatMap((chart) => Testing.synth(chart)).length).toBeGreaterThan(0);
});

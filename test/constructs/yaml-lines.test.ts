/** How much there is to review of a workload: an upper bound, so that it grows only on purpose. */
import { Chart, Testing, Yaml } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { MeshService } from '../../src';
import { Manifest, newChart } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1.0.0', portNumber: 8080 }];

/** Services of which each calls the next two. */
const SERVICES = 10;
const CALLS = 2;

/** Lines of YAML for one service. A release that writes fewer lowers the bound. */
const MOST_LINES = 270;

function linesOf(manifests: unknown[]): number {
  return Yaml.stringify(...manifests as object[]).split('\n').length;
}

function mesh(chart: Chart): void {
  const services = Array.from({ length: SERVICES }, (_, index) => new MeshService(chart, `service-${index}`, { containers }));
  services.forEach((service, index) => {
    for (let next = 1; next <= CALLS; next += 1) service.calls(services[(index + next) % SERVICES]!);
  });
}

test(`a service of one version that calls ${CALLS} others has ${MOST_LINES} lines at most`, () => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const chart = newChart();
  mesh(chart);
  const manifests = Testing.synth(chart) as Manifest[];
  expect(linesOf(manifests) / SERVICES).toBeLessThanOrEqual(MOST_LINES);
});

test('a plain Deployment with a Service of cdk8s-plus has a quarter of that', () => {
  const chart = newChart();
  new kplus.Deployment(chart, 'plain', { containers }).exposeViaService();
  expect(linesOf(Testing.synth(chart))).toBeGreaterThan(MOST_LINES / 4);
});

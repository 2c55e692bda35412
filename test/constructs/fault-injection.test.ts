import { Chart, Duration, Testing } from 'cdk8s';
import { FaultInjection, MeshService } from '../../src';
import { documentOf, findOne, newChart } from '../support/manifests';
import { expectSound } from './sound';

const service = (chart: Chart, name: string) => new MeshService(chart, name, { containers: [{ image: `ghcr.io/acme/${name}:1`, portNumber: 8080 }] });

function synth(faults?: FaultInjection[]) {
  const chart = newChart();
  const web = service(chart, 'web');
  web.calls(service(chart, 'catalog'), { faults });
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return { route: documentOf(manifests, 'web-v1').listeners[1].routes[0], annotations: findOne(manifests, 'ConfigMap', 'web-v1-mesh').metadata.annotations };
}

test('without faults nothing says anything of them', () => {
  const { route, annotations } = synth();
  expect(route).not.toHaveProperty('faults');
  expect(annotations).toBeUndefined();
});

test('faults are in the route of the call, in order, and the ConfigMap says so', () => {
  const { route, annotations } = synth([
    FaultInjection.delay(Duration.millis(300), { percent: 2.5 }),
    FaultInjection.abort(503, { headerName: 'x-fault', headerValue: 'abort' }),
  ]);
  expect(route.faults).toEqual([{ percent: 2.5, delayMs: 300 }, { percent: 100, header: { name: 'x-fault', value: 'abort' }, abortStatus: 503 }]);
  expect(annotations).toEqual({ 'cdk8s-mesh/faults': 'shop/catalog' });
});

test.each<[string, FaultInjection, string]>([
  ['a status that is no failure', FaultInjection.abort(200), "'calls(catalog).faults[0].status' is 200: use a whole number from 400 to 599"],
  ['a delay that is too long', FaultInjection.delay(Duration.minutes(6)), "'calls(catalog).faults[0].duration' is \"360000 ms\": use whole milliseconds, from 1 ms to 300000 ms"],
  ['no delay', FaultInjection.delay(Duration.millis(0)), "'calls(catalog).faults[0].duration' is \"0 ms\": use whole milliseconds, from 1 ms"],
  ['more than all', FaultInjection.abort(500, { percent: 101 }), "'calls(catalog).faults[0].percent' is 101: use a number from 0 to 100"],
  ['a value of no field', FaultInjection.abort(500, { headerValue: 'a' }), "'calls(catalog).faults[0].headerValue' is \"a\": say of which field"],
  ['a name that is none', FaultInjection.abort(500, { headerName: 'a b' }), "'calls(catalog).faults[0].headerName' is \"a b\": name a header field"],
  ['something else', {} as FaultInjection, "'calls(catalog).faults' is [{}]: list at most 8, each made with FaultInjection.delay() or FaultInjection.abort()"],
])('a fault that can\'t be is refused: %s', (_, fault, message) => {
  expect(() => synth([fault])).toThrow(message);
});

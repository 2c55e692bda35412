import { App, Chart, Duration, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { AccessLog, Mesh, MeshService, MeshServiceProps, ProxyImage } from '../../src';
import { documentOf, findOne, newChart, podSpec } from '../support/manifests';
import { expectSound } from './sound';

const service = (scope: Construct, props: Partial<MeshServiceProps> = {}) => new MeshService(scope, 'web', { containers: [{ image: 'x:1', portNumber: 3000 }], ...props });

function settingsOf(chart: Chart) {
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  const spec = podSpec(findOne(manifests, 'Deployment', 'web-v1'));
  return {
    image: spec.initContainers[0].image, resources: spec.initContainers[0].resources, grace: spec.terminationGracePeriodSeconds,
    accessLog: documentOf(manifests, 'web-v1').accessLog,
  };
}

describe('the settings of a mesh', () => {
  test('reach the services beside it and below', () => {
    const props = {
      proxyImage: ProxyImage.of('proxy:1'), accessLog: AccessLog.ERRORS, appDrain: Duration.seconds(60),
      proxyResources: { cpu: { request: kplus.Cpu.millis(50) }, memory: { limit: Size.mebibytes(256) } },
    };
    const expected = { image: 'proxy:1', resources: { requests: { cpu: '50m' }, limits: { memory: '256Mi' } }, grace: 70, accessLog: { mode: 'errors' } };
    const beside = newChart();
    new Mesh(beside, 'mesh', props);
    service(beside);
    expect(settingsOf(beside)).toEqual(expected);

    const below = newChart();
    new Mesh(below, 'mesh', props);
    service(new Construct(below, 'team'));
    expect(settingsOf(below)).toEqual(expected);

    const inside = newChart();
    service(new Mesh(inside, 'mesh', props));
    expect(settingsOf(inside)).toEqual(expected);
  });

  test('reach all charts of an app', () => {
    const app = new App();
    new Mesh(app, 'mesh', { proxyImage: ProxyImage.of('proxy:1') });
    const chart = new Chart(app, 'chart', { namespace: 'shop' });
    service(chart);
    expect(settingsOf(chart).image).toBe('proxy:1');
  });

  test('give way to those of a nearer mesh, and those to the service\'s own', () => {
    const app = new App();
    new Mesh(app, 'mesh', { proxyImage: ProxyImage.of('far:1'), accessLog: AccessLog.ALL, appDrain: Duration.seconds(1) });
    const chart = new Chart(app, 'chart', { namespace: 'shop' });
    new Mesh(chart, 'mesh', { proxyImage: ProxyImage.of('near:1'), appDrain: Duration.seconds(2) });
    service(chart, { appDrain: Duration.seconds(3) });
    expect(settingsOf(chart)).toMatchObject({ image: 'near:1', accessLog: { mode: 'all' }, grace: 5 + 3 + 5 });
  });

  test('say whether the proxy adds Via, which it does not unless asked to', () => {
    const app = new App();
    new Mesh(app, 'mesh', { via: true });
    const chart = new Chart(app, 'chart', { namespace: 'shop' });
    service(chart);
    expect(documentOf(Testing.synth(chart), 'web-v1').via).toBe(true);
    const off = new Chart(app, 'off', { namespace: 'off' });
    service(off, { via: false });
    expect(documentOf(Testing.synth(off), 'web-v1').via).toBeUndefined();
  });

  test('do not reach a service beside the scope of the mesh', () => {
    const chart = newChart();
    new Mesh(new Construct(chart, 'team'), 'mesh', { accessLog: AccessLog.ALL });
    service(chart);
    expect(settingsOf(chart).accessLog).toBeUndefined();
  });

  test('come too late after a service that should have them', () => {
    const chart = newChart();
    service(chart);
    expect(() => new Mesh(chart, 'mesh')).toThrow('[chart/mesh] services beside or below this Mesh were created before it and don\'t have its settings: create the Mesh first');
  });

  test('are said once for a scope', () => {
    const chart = newChart();
    new Mesh(chart, 'one');
    expect(() => new Mesh(chart, 'two')).toThrow('[chart/two] \'chart/one\' is a Mesh in the same construct already: merge the two');
  });
});

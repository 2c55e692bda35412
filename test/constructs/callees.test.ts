/** Callees that can't be called as they are said: by their names, and by what they speak. */
import { Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import * as fc from 'fast-check';
import { AppProtocol, ExposeOptions, ExternalEndpoints, ExternalService, ExternalServiceProps, Fallback, Interception, Mesh, MeshService, MeshServiceProps, MeshSidecar } from '../../src';
import { documentOf, findOne, Manifest, newChart, podSpec } from '../support/manifests';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const endpoints = ExternalEndpoints.addresses({ address: '10.0.0.1', port: 80 });
const external = (chart: Chart, props: Partial<ExternalServiceProps>, id = 'bank') => new ExternalService(chart, id, { endpoints, ...props });
const service = (chart: Chart, props: Partial<MeshServiceProps> = {}, id = 'web') => new MeshService(chart, id, { containers, ...props });
const exposed = (chart: Chart, options: ExposeOptions, port = 8080, serviceName = 'ledger', version = 'v1') => {
  const workload = new kplus.StatefulSet(chart, 'set', { containers: [{ image: 'ledger:1', portNumber: port }] });
  return new MeshSidecar(chart, 'sidecar', { workload, serviceName, version }).expose(options);
};

describe('names', () => {
  test.each([
    ['my_service.example.com', 'Kubernetes takes no name with _ in the hosts of a pod; use another, such as my-service.example.com'],
    ['_redis', 'such as redis'],
    ['10.0.0.1', 'this is read as an address'],
    ['1.2.3', 'this is read as an address'],
    ['127.1', 'this is read as an address'],
    ['host.0x7f', 'this is read as an address'],
    ['42', 'this is read as an address'],
    ['::1', 'use a host name in lower case'],
    ['Example.com', 'use a host name in lower case'],
    ['example.com.', 'use a host name in lower case'],
  ])('the hostname %s of an external service is refused', (hostname, remedy) => {
    expect(() => external(newChart(), { hostname })).toThrow(new RegExp(`'hostname' is "${hostname.replace(/\./g, '\\.')}": .*${remedy}`));
  });

  test.each(['api.example.com', '3scale.example.com', 'a-1', 'x.y2'])('the hostname %s is taken', (hostname) => {
    expect(() => external(newChart(), { hostname })).not.toThrow();
  });

  test.each(['0.0.0.0', '::', '224.0.0.1'])('the address %s of an external service is refused', (address) => {
    expect(() => external(newChart(), { endpoints: ExternalEndpoints.addresses({ address, port: 80 }) })).toThrow(`'endpoints[0].address' is "${address}": this is the address of no host`);
  });

  test('the domain of a cluster goes by the same rule, and leaves room for the names of services', () => {
    expect(() => new Mesh(newChart(), 'mesh', { clusterDomain: 'corp_internal' })).toThrow('\'clusterDomain\' is "corp_internal"');
    const domain = (length: number) => new Mesh(newChart(), 'mesh', { clusterDomain: `${'a'.repeat(60)}.${'b'.repeat(length - 61)}` });
    expect(() => domain(121)).not.toThrow();
    expect(() => domain(122)).toThrow(': it has 122 characters, and may have 121: names of services go before it');
  });

  test('names of Services by expose() have 63 characters at most, and it is told by how much', () => {
    expect(() => exposed(newChart(), {}, 8080, 'a'.repeat(60), 'canary-2026')).toThrow(/'serviceName' is "a{60}": with the version 'canary-2026', its Service 'a{60}-canary-2026' has 72 characters, and may have 63: shorten 'serviceName' or 'version' by 9/);
    expect(() => exposed(newChart(), {}, 8080, 'a'.repeat(60), 'v1')).not.toThrow();
  });
});

describe('ports that are known for another protocol', () => {
  test.each<[string, (chart: Chart) => unknown, string]>([
    ['an external service at 443', (chart) => external(chart, { port: 443 }), '\'port\' is 443: this port is known for TLS'],
    ['an external service at 6379', (chart) => external(chart, { port: 6379 }), '\'port\' is 6379: this port is known for Redis\' protocol'],
    ['external addresses', (chart) => external(chart, { endpoints: ExternalEndpoints.addresses({ address: '10.0.0.1', port: 5432 }) }), '\'endpoints[0].port\' is 5432'],
    ['external DNS', (chart) => external(chart, { endpoints: ExternalEndpoints.dns('api.example.com', { port: 443 }) }), '\'endpoints.port\' is 443'],
    ['SRV records', (chart) => external(chart, { endpoints: ExternalEndpoints.srv('_redis._tcp.example.com') }), '\'endpoints.hostname\' is "redis": this name is known for Redis'],
    ['the name of a port with more in it', (chart) => service(chart, { portName: 'tcp-web' }), '\'portName\' is "tcp-web": this name is known for plain TCP'],
    ['an app', (chart) => service(chart, { containers: [{ image: 'redis:7', portNumber: 6379 }] }), '\'containers[0].portNumber\' is 6379'],
    ['an exposed workload', (chart) => exposed(chart, {}, 3306), '\'appPort\' is 3306: this port is known for MySQL\'s protocol'],
    ['the port of an exposed workload', (chart) => exposed(chart, { port: 443, portName: 'https' }), '\'expose.portName\' is "https"'],
  ])('GIVEN %s, are refused with what to do', (_, make, message) => {
    expect(() => make(newChart())).toThrow(message);
    expect(() => make(newChart())).toThrow('if it is plain HTTP, say \'protocol: AppProtocol.HTTP\'');
  });

  test.each<[string, (chart: Chart) => unknown, string, string]>([
    ['SRV records', (chart) => external(chart, { endpoints: ExternalEndpoints.srv('_grpc._tcp.example.com') }), '\'endpoints.hostname\' is "grpc"', 'GRPC'],
    ['a port', (chart) => service(chart, { port: 50_051 }), '\'port\' is 50051: this port is known for gRPC', 'GRPC'],
    ['its name', (chart) => service(chart, { portName: 'grpc' }), '\'portName\' is "grpc": this name is known for gRPC', 'GRPC'],
    ['another name', (chart) => service(chart, { portName: 'h2c-api' }), '\'portName\' is "h2c-api": this name is known for HTTP/2', 'HTTP2'],
  ])('GIVEN %s of what sidecars can speak, are refused until that is said', (_, make, message, protocol) => {
    expect(() => make(newChart())).toThrow(message);
    expect(() => make(newChart())).toThrow(`say 'protocol: AppProtocol.${protocol}', or, if it is HTTP/1.1, 'protocol: AppProtocol.HTTP'`);
  });

  test('are refused by the name of the app\'s port, wherever a container has it', () => {
    const named = [{ image: 'app:1', ports: [{ number: 8080, name: 'grpc' }] }];
    expect(() => service(newChart(), { containers: named })).toThrow('\'containers[0].ports[0].name\' is "grpc": this name is known for gRPC');
    const withAnother = [{ image: 'app:1', ports: [{ number: 8080 }, { number: 9101, name: 'grpc' }] }];
    expect(() => service(newChart(), { containers: withAnother })).not.toThrow();
    const chart = newChart();
    const workload = new kplus.StatefulSet(chart, 'set', { containers: named });
    const sidecar = new MeshSidecar(chart, 'sidecar', { workload, serviceName: 'ledger' });
    expect(() => sidecar.expose()).toThrow('\'workload.containers.ports.name\' is "grpc": this name is known for gRPC');
    expect(() => sidecar.expose({ protocol: AppProtocol.HTTP })).not.toThrow();
  });

  test('are taken when they are said to be plain HTTP', () => {
    const chart = newChart();
    const protocol = AppProtocol.HTTP;
    const web = service(chart, { port: 443, portName: 'https', containers: [{ image: 'odd:1', portNumber: 6379 }], protocol });
    web.calls(external(chart, { port: 6380, endpoints: ExternalEndpoints.dns('odd.example.com', { port: 443 }), protocol }));
    web.calls(exposed(chart, { port: 50_051, portName: 'grpc', protocol }, 5432));
    expectSound(Testing.synth(chart));
  });

  test.each(['http', 'grpc-web', 'http-grpc', 'web'])('the name %s says nothing against it', (portName) => {
    expect(() => service(newChart(), { portName })).not.toThrow();
  });
});

describe('what one caller calls together', () => {
  /** What validation says. */
  const told = (chart: Chart): string => {
    try {
      Testing.synth(chart);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  /** Where a caller's names lead, and the clusters behind them. */
  const leadsOf = (manifests: Manifest[], caller: string) => documentOf(manifests, caller).listeners
    .filter(({ direction }) => direction === 'outbound')
    .map(({ name, address, port, hostnames, routes }) => ({ name, address, port, hostnames, cluster: routes[0].split![0].cluster }));

  test('GIVEN one hostname at two ports, has one address for both, and a cluster for each', () => {
    const chart = newChart();
    const [first, second] = [8001, 8002].map((port) => external(chart, { hostname: 'redis', port }, `redis-${port}`));
    const web = service(chart);
    web.calls(second);
    web.calls(first);
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    const leads = leadsOf(manifests, 'web-v1');
    expect(leads).toEqual([8001, 8002].map((port) => ({
      name: `outbound/shop/redis:${port}`, address: leads[0].address, port, hostnames: ['redis'], cluster: `shop/redis:${port}`,
    })));
  });

  test('GIVEN one hostname at two ports, declared in two namespaces, has one address for both', () => {
    const app = Testing.app();
    const [one, two] = ['one', 'two'].map((namespace) => newChart({ namespace }, namespace, app));
    const web = service(one);
    web.calls(external(one, { hostname: 'redis', port: 8001 }));
    web.calls(external(two, { hostname: 'redis', port: 8002 }));
    const leads = leadsOf(Testing.synth(one), 'web-v1');
    expect(leads.map(({ name }) => name)).toEqual(['outbound/one/redis:8001', 'outbound/two/redis:8002']);
    expect(leads[0].address).toBe(leads[1].address);
  });

  test('GIVEN one hostname at two ports, gets one alias for both', () => {
    const chart = newChart();
    const web = service(chart, { interception: Interception.hostAliases() });
    [8001, 8002].forEach((port) => web.calls(external(chart, { hostname: 'redis', port }, `redis-${port}`)));
    const manifests = Testing.synth(chart);
    expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).hostAliases).toEqual([{ ip: leadsOf(manifests, 'web-v1')[0].address, hostnames: ['redis'] }]);
  });

  test('GIVEN one hostname and port of two external services, each of which another service calls, leads each to its own', () => {
    const chart = newChart();
    const [here, there] = ['10.0.0.1', '10.0.0.2'].map((address, index) => (
      external(chart, { hostname: 'bank', endpoints: ExternalEndpoints.addresses({ address, port: 80 }) }, `bank-${index}`)));
    service(chart, {}, 'web').calls(here);
    service(chart, {}, 'admin').calls(there);
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    const endpointsOf = (caller: string) => documentOf(manifests, caller).clusters.find(({ name }) => name === 'shop/bank')?.discovery;
    expect(endpointsOf('web-v1')).toEqual({ type: 'static', endpoints: [{ address: '10.0.0.1', port: 80 }] });
    expect(endpointsOf('admin-v1')).toEqual({ type: 'static', endpoints: [{ address: '10.0.0.2', port: 80 }] });
  });

  test.each<[string, Partial<ExternalServiceProps>, string, string]>([
    ['one hostname and port', { hostname: 'redis' }, 'second', ''],
    ['ids that differ in case', {}, 'REDIS', ' (host names don\'t tell REDIS from redis)'],
  ])('GIVEN %s twice, is refused in the words of the props', (_, props, id, remark) => {
    const chart = newChart();
    const web = service(chart);
    web.calls(external(chart, {}, 'redis'));
    web.calls(external(chart, props, id));
    const [first, second] = ['redis', id].sort();
    expect(told(chart)).toBe(`Validation failed with the following errors:\n  [chart/web/v1/Sidecar] 'calls(redis)' is "chart/${second}": in this pod 'redis' at port 80 `
      + `already leads to 'chart/${first}', and a request can't say which of the two it is for${remark}; give one of them another host name or port`);
  });

  test.each<[string, (chart: Chart) => void]>([
    ['before', (chart) => { service(chart, {}, 'catalog'); external(chart, { hostname: 'catalog' }); }],
    ['after', (chart) => { external(chart, { hostname: 'catalog' }); service(chart, {}, 'catalog'); }],
  ])('GIVEN the hostname of an external service that a Service of the mesh has, which was made %s it, is refused', (_, make) => {
    const chart = newChart();
    make(chart);
    expect(told(chart)).toMatch(/makes "catalog", which 'chart\/\w+' already is in namespace "shop": choose another name/);
  });

  test('GIVEN a fallback at the host and port of what it is for, is refused in the words of the props', () => {
    const chart = newChart();
    const [here, there] = ['here', 'there'].map((id) => external(chart, { hostname: 'bank' }, id));
    expect(() => service(chart).calls(here, { fallback: Fallback.to(there) }))
      .toThrow('\'calls(bank).fallback.to\' is "chart/there": its host name and port are those of \'chart/here\', which has its turn before; give one of them another host name');
  });

  test('GIVEN a fallback at the host and port of another call, is refused in the words of the props', () => {
    const chart = newChart();
    const [here, there] = ['here', 'there'].map((id) => external(chart, { hostname: 'bank' }, id));
    const web = service(chart);
    web.calls(here);
    web.calls(external(chart, {}, 'shop'), { fallback: Fallback.to(there) });
    expect(told(chart)).toContain('\'calls(shop).fallback\' is "chart/there": for this pod, \'chart/here\' is \'bank\' at the same port already; give one of them another host name or port');
  });

  test('GIVEN limits of the caller and of the callee that contradict each other, is refused in the words of the props', () => {
    const chart = newChart();
    const catalog = service(chart, { connections: { maxRequests: 10 } }, 'catalog');
    expect(() => service(chart).calls(catalog, { connections: { maxRequestsPerEndpoint: 20 } }))
      .toThrow('\'calls(catalog).connections.maxRequestsPerEndpoint\' is 20: it can\'t be reached, as only 10 may go to all endpoints together (\'calls(catalog).connections.maxRequests\')');
  });

  test('GIVEN a service none of whose versions has a weight, is refused in the words of the props', () => {
    const chart = newChart();
    const catalog = service(chart, { weight: 0 }, 'catalog');
    service(chart).calls(catalog);
    expect(told(chart)).toContain('no version of \'catalog\' would get a request');
    expect(told(chart)).not.toContain('would be refused by the proxy');
  });

  test('GIVEN any external services and versions, is sound or refused in the words of the props', () => {
    const name = fc.constantFrom('redis', 'Redis', 'catalog', 'catalog-v1', 'web', 'my_db', '10.0.0.1', 'db.example.com');
    const callee = fc.record({
      name, port: fc.constantFrom(80, 8001, 8002, 443), isExternal: fc.boolean(), weight: fc.constantFrom(undefined, 0, 5),
    });
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    fc.assert(fc.property(fc.array(callee, { minLength: 1, maxLength: 4 }), (callees) => {
      const chart = newChart();
      let message = '';
      try {
        const web = service(chart, {}, 'caller');
        callees.forEach(({ name: called, port, isExternal, weight }, index) => {
          web.calls(isExternal ? external(chart, { hostname: called, port }, `e${index}`)
            : service(chart, { name: called, port, weight }, `s${index}`));
        });
        expectSound(Testing.synth(chart));
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(/^$|^\[chart\/\S+\] ('\w|\d+ props are wrong)|^Validation failed with the following errors:\n {2}\[/);
      expect(message).not.toContain('would be refused by the proxy');
    }), { numRuns: 60 });
    jest.restoreAllMocks();
  });
});

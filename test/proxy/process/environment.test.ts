import { readEnvironment } from '../../../src/proxy/process/environment';
import { processMemory } from '../../../src/proxy/runtime/process-memory';

describe('the memory limit', () => {
  test.each([
    ['a number of bytes', '134217728', 134_217_728],
    ['none, said so', '0', 0],
    ['none', undefined, undefined],
    ['nothing in it', '', undefined],
  ])('from the environment, given %s', (_, text, bytes) => {
    expect(readEnvironment([], { MESH_MEMORY_LIMIT: text }).memoryLimitBytes).toBe(bytes);
  });

  test.each(['128Mi', '-1', '1e9', '12345678901234567'])('is refused, given %s', (text) => {
    expect(() => readEnvironment([], { MESH_MEMORY_LIMIT: text }))
      .toThrow(`the variable MESH_MEMORY_LIMIT is '${text}'; give a number of bytes, or 0 for no limit`);
  });

  test.each([
    ['is that of the environment', 134_217_728, 134_217_728],
    ['is none, given that the environment says so', 0, undefined],
    ['is none, given more than the machine has, which is how Kubernetes says it', 2 ** 50, undefined],
  ])('%s', (_, given, limit) => {
    expect(processMemory(given).limitBytes).toBe(limit);
  });
});

describe('ports that the pod redirects', () => {
  test.each([
    ['several', '9080:15200,443:15201', [[9080, 15_200], [443, 15_201]]],
    ['none', undefined, []],
    ['nothing in it', '', []],
  ])('are read, given %s', (_, text, pairs) => {
    expect([...readEnvironment([], { MESH_REDIRECTED_PORTS: text }).redirectedPorts]).toEqual(pairs);
  });

  test.each(['9080', '9080:', '9080:0', '9080:65536', 'x:1'])('are refused, given %s', (text) => {
    expect(() => readEnvironment([], { MESH_REDIRECTED_PORTS: `443:15201,${text}` }))
      .toThrow(`the variable MESH_REDIRECTED_PORTS has '${text}'; give pairs of ports from 1 to 65535, such as 9080:15200,9090:15201`);
  });
});

describe('the folder for what outlives the process', () => {
  const folder = (env: Readonly<Record<string, string>>, ...there: string[]) => readEnvironment([], env, (path) => there.includes(path)).stateDir;

  test('is the one that is named, or the usual one where a pod has it, or none', () => {
    expect(folder({ MESH_STATE_DIR: '/state' }, '/var/lib/cdk8s-mesh')).toBe('/state');
    expect(folder({}, '/var/lib/cdk8s-mesh')).toBe('/var/lib/cdk8s-mesh');
    expect(folder({})).toBeUndefined();
  });
});

/** Large documents: how they are written, and what is said before a cluster refuses them. */
import fc from 'fast-check';
import { Chart, Testing, Yaml, YamlOutputType } from 'cdk8s';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { Shop } from '../../examples/shop/shop';
import { ExternalEndpoints, ExternalService, Mesh, MeshService } from '../../src';
import { infoOf } from '../../src/cli/check/info';
import { readManifests } from '../../src/cli/model/manifests';
import { readModel } from '../../src/cli/model/read-model';
import { documentText } from '../../src/constructs/sidecar/document-text';
import { ProxyConfig, withDefaults } from '../../src/contract';
import { lint } from '../../src/planning/lints';
import { findByKind, findOne, Manifest, newChart } from '../support/manifests';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

/** `web` calls so many services; none of them makes an object, so that large meshes are fast to synthesize. */
function webCalling(chart: Chart, callees: number): void {
  const web = new MeshService(chart, 'web', { containers });
  // Long names, so that a document grows fast.
  const domain = `${'a-long-name-of-a-domain.'.repeat(7)}example.com`;
  for (let index = 0; index < callees; index += 1) {
    const name = `service-${String(index).padStart(4, '0')}`;
    web.calls(new ExternalService(chart, name, { hostname: `${name}.${domain}`, endpoints: ExternalEndpoints.dns(`${name}.${domain}`) }));
  }
}

function synthesize(callees: number): Manifest {
  const chart = newChart();
  webCalling(chart, callees);
  return findOne(Testing.synth(chart), 'ConfigMap', 'web-v1-mesh');
}

const textOf = (configMap: Manifest): string => configMap.data['proxy.json'];

let written: jest.SpyInstance;
beforeEach(() => { written = jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
afterEach(() => written.mockRestore());

describe('the document of few calls', () => {
  test('is indented, with what is short on one line, so that a change is a line in a review', () => {
    const text = textOf(synthesize(1));
    expect(text.split('\n').slice(1, 8)).toEqual([
      expect.stringMatching(/^ {2}"version": "v1", .*"node": \{ "service": "web", "namespace": "shop", "version": "v1" \},$/),
      '  "listeners": [{',
      '    "name": "inbound", "direction": "inbound", "loopback": true, "port": 15006,',
      '    "routes": [{ "name": "default", "split": [{ "cluster": "app", "weight": 1 }], "timeoutMs": 0 }]',
      '  }, {',
      expect.stringMatching(/^ {4}"name": "outbound\//),
      expect.stringMatching(/^ {4}"direction": "outbound", "address": "127[.\d]+", "port": 80,$/),
    ]);
    expect(written).not.toHaveBeenCalled();
  });

  test('keeps its lines short where they can be', () => {
    const chart = newChart();
    const [web, ...callees] = ['web', 'cart', 'catalog', 'search'].map((name) => new MeshService(chart, name, { containers }));
    callees.forEach((callee) => web!.calls(callee));
    const text = textOf(findOne(Testing.synth(chart), 'ConfigMap', 'web-v1-mesh'));
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(124);
    expect(text.split('\n').length).toBeLessThan(50);
  });

  test('means the same, whatever is in it', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (document) => {
      expect(JSON.parse(documentText(document as unknown as ProxyConfig))).toEqual(JSON.parse(JSON.stringify(document)));
    }), { seed: 7 });
  });
});

describe('the document of many calls', () => {
  const callees = 120;

  test('has a line for each listener and cluster, and no space besides', () => {
    const configMap = synthesize(callees);
    expectSound([configMap]);
    const text = textOf(configMap);
    const document = JSON.parse(text) as ProxyConfig;
    const lines = text.split('\n');
    const entries = [...document.listeners, ...document.clusters];
    for (const entry of entries) {
      expect(lines.filter((line) => line.replace(/,$/, '') === JSON.stringify(entry))).toHaveLength(1);
    }
    expect(text.length).toBeLessThan(JSON.stringify(document).length + 4 * (entries.length + Object.keys(document).length));
  });

  test('comes out of the YAML as it went in', () => {
    const configMap = synthesize(callees);
    const [read] = parseAllDocuments(Yaml.stringify(configMap));
    expect(read!.toJS()).toEqual(configMap);
  });

  test('differs by one line for one listener more, and one for its cluster', () => {
    const [fewer, more] = [callees, callees + 1].map((count) => textOf(synthesize(count)).split('\n').map((line) => line.replace(/,$/, '')));
    expect(more!.filter((line) => !fewer!.includes(line))).toHaveLength(2);
    expect(fewer!.filter((line) => !more!.includes(line))).toEqual([]);
  });
});

describe('what a default says', () => {
  /** Optional fields of a document whose absence would mean the same. */
  function redundantIn(document: ProxyConfig): string[] {
    const meaning = withDefaults(document);
    const found: string[] = [];
    const look = (at: unknown, path: string, rebuild: (value: unknown) => unknown): void => {
      if (Array.isArray(at)) {
        at.forEach((item, index) => look(item, `${path}[${index}]`, (value) => rebuild(at.map((other, i) => (i === index ? value : other)))));
      } else if (typeof at === 'object' && at !== null) {
        for (const [key, below] of Object.entries(at)) {
          const without = rebuild(Object.fromEntries(Object.entries(at).filter(([other]) => other !== key))) as ProxyConfig;
          try {
            if (isDeepStrictEqual(withDefaults(without), meaning)) found.push(`${path}.${key}`);
          } catch {
            // A field that nothing stands in for.
          }
          look(below, `${path}.${key}`, (value) => rebuild({ ...at, [key]: value }));
        }
      }
    };
    look(document, '', (value) => value);
    return found;
  }

  test('is left out', () => {
    const configMaps = findByKind(Testing.synth(new Shop(Testing.app(), 'shop')), 'ConfigMap');
    expect(configMaps).toHaveLength(6);
    expect(configMaps.flatMap((configMap) => redundantIn(JSON.parse(textOf(configMap)) as ProxyConfig))).toEqual([]);
    expect(redundantIn({ ...JSON.parse(textOf(configMaps[0])) as ProxyConfig, workers: 1 })).toEqual(['.workers']);
  });
});

describe('an object', () => {
  const APPLY = 262_144;
  const STORE = 1_048_576;

  /** What is said of `web` with so many calls: errors and warnings at synthesis, and what `check` finds in the YAML. */
  function said(callees: number): { synth: string[]; yaml: string[]; configMap?: Manifest } {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-size-'));
    try {
      const app = Testing.app({ outdir: folder, yamlOutputType: YamlOutputType.FILE_PER_APP });
      new Mesh(app, 'mesh');
      webCalling(new Chart(app, 'shop', { namespace: 'shop' }), callees);
      let errors: string[] = [];
      try {
        app.synth();
      } catch (error) {
        errors = (error as Error).message.split('\n').slice(1).map((line) => line.trim().replace(/^\[[^\]]*\] /, ''));
      }
      jest.spyOn(app.node, 'validate').mockReturnValue([]);
      app.synth();
      const manifests = readManifests([folder]);
      const unknown = { zones: undefined, requestsPerSecond: new Map<string, number>(), latencyMs: new Map<string, number>() };
      const findings = lint(infoOf(manifests, readModel(manifests, folder), unknown));
      const objects = parseAllDocuments(readFileSync(join(folder, 'app.k8s.yaml'), 'utf8')).map((document) => document.toJS() as Manifest);
      const relevant = (text: string) => /ConfigMap.*\((apply|store)-size\)$/.test(text);
      return {
        synth: [...errors, ...written.mock.calls.map(([line]) => String(line).replace(/^cdk8s-mesh: warning: |\n$/g, ''))].filter(relevant),
        yaml: findings.map(({ where, message, remedy, rule }) => `${where}: ${message}; ${remedy} (${rule})`).filter(relevant),
        configMap: objects.find(({ kind }) => kind === 'ConfigMap'),
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('far from every limit is not spoken of', () => {
    expect(said(20)).toMatchObject({ synth: [], yaml: [] });
  });

  test('that nears what client-side kubectl apply takes is warned of', () => {
    const { synth, yaml, configMap } = said(180);
    const bytes = JSON.stringify(configMap).length;
    expect(bytes).toBeGreaterThan(0.8 * APPLY);
    expect(bytes).toBeLessThan(APPLY);
    expect(synth).toEqual([expect.stringMatching(/^web v1: ConfigMap 'web-v1-mesh' has \d+ bytes of JSON, \d\d % of the 262144 that client-side kubectl apply takes; apply it with --server-side, or have web call fewer services \(apply-size\)$/)]);
    expect(yaml).toEqual(synth);
    expect(Math.abs(Number(/has (\d+) bytes/.exec(synth[0]!)![1]) - bytes)).toBeLessThan(200);
  });

  test('that client-side kubectl apply refuses is warned of, as it can be stored', () => {
    const { synth, yaml } = said(300);
    expect(synth).toEqual([expect.stringMatching(/, 1\d\d % of the 262144 that client-side kubectl apply takes; .*\(apply-size\)$/)]);
    expect(yaml).toEqual(synth);
  });

  test('that can\'t be stored is refused', () => {
    const { synth, yaml, configMap } = said(1_300);
    expect(textOf(configMap).length).toBeGreaterThan(STORE);
    expect(synth).toEqual([expect.stringMatching(/^web v1: ConfigMap 'web-v1-mesh' has \d+ bytes of data, more than the 1048576 that Kubernetes stores; .*\(store-size\)$/)]);
    expect(yaml).toEqual(synth);
  });

});

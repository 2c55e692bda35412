/** The pages for people who come from elsewhere: each sample is synthesized, and those of Bookinfo do what Istio's do. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meshOf, MeshUnderTest } from '../../src/testing';
import { expectSound } from '../constructs/sound';
import { documentOf, Manifest } from '../support/manifests';
import { Block, read } from './markdown';
import { runProgram, synthesize } from './sample-runs';

const PAGES = ['docs/from-istio.md', 'docs/from-linkerd.md', 'docs/from-ingress.md', 'docs/adopt-step-by-step.md', 'docs/porting.md', 'docs/upgrade.md'];

const samples = PAGES.flatMap((page) => read(page).blocks.filter(({ language }) => language === 'ts').map((block) => ({ page, block })));

beforeEach(() => { jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
afterEach(() => jest.restoreAllMocks());

describe('samples for people who come from elsewhere', () => {
  it.each(samples.map(({ block }) => [block.where, block] as const))('synthesize: %s', (_, { text }) => {
    if (!/^import /m.test(text)) return expectSound(synthesize(text));
    const { manifests, tests } = runProgram(text);
    expectSound(manifests);
    tests.forEach((run) => run());
  });

  it('are on each of the pages', () => {
    expect(new Set(samples.map(({ page }) => page))).toEqual(new Set(PAGES));
  });
});

test('files of objects have the names by which the steps leave out the Service', () => {
  const { text } = read('docs/adopt-step-by-step.md').blocks.find((block) => block.text.includes('FILE_PER_RESOURCE'))!;
  const folder = mkdtempSync(join(tmpdir(), 'mesh-adopt-'));
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = folder;
  try {
    runProgram(text, { write: true });
    const files = readdirSync(folder);
    expect(files.filter((file) => file.startsWith('Service.catalog.'))).toEqual(['Service.catalog.k8s.yaml']);
    expect(files).toEqual(expect.arrayContaining(['Deployment.catalog-v1.k8s.yaml', 'Service.catalog-v1.k8s.yaml']));
  } finally {
    if (before === undefined) delete process.env.CDK8S_OUTDIR;
    else process.env.CDK8S_OUTDIR = before;
    rmSync(folder, { recursive: true });
  }
});

const JASON = { headers: { 'end-user': 'jason' } };
const reviews = (mesh: MeshUnderTest, options = {}) => mesh.expectRequest('productpage', 'GET http://reviews/reviews/0', options);
const ratings = (manifests: Manifest[]) => documentOf(manifests, 'reviews-v2').listeners.find(({ name }) => name === 'outbound/bookinfo/ratings:80')!.routes;

/** By the heading of the sample. */
const BOOKINFO: Readonly<Record<string, (mesh: MeshUnderTest, manifests: Manifest[]) => void>> = {
  'virtual-service-all-v1': (mesh) => reviews(mesh).toReach('reviews', 'v1'),
  'virtual-service-reviews-test-v2': (mesh) => {
    reviews(mesh).toReach('reviews', 'v1');
    reviews(mesh, JASON).toReach('reviews', 'v2');
  },
  'virtual-service-reviews-jason-v2-v3': (mesh) => {
    reviews(mesh).toReach('reviews', 'v3');
    reviews(mesh, JASON).toReach('reviews', 'v2');
  },
  'virtual-service-reviews-50-v3': (mesh) => reviews(mesh).toBeSplit({ v1: 50, v3: 50 }),
  'virtual-service-reviews-80-20 and 90-10': (mesh) => reviews(mesh).toBeSplit({ v1: 80, v2: 20 }),
  'virtual-service-reviews-v2-v3': (mesh) => reviews(mesh).toBeSplit({ v2: 50, v3: 50 }),
  'virtual-service-reviews-v3': (mesh) => reviews(mesh).toReach('reviews', 'v3'),
  'virtual-service-ratings-test-delay': (_, manifests) => expect(ratings(manifests)).toMatchObject([
    { matches: [{ headers: [{ name: 'end-user', value: 'jason' }] }], faults: [{ percent: 100, delayMs: 7_000 }] }, { name: 'default' },
  ]),
  'virtual-service-ratings-test-abort': (_, manifests) => expect(ratings(manifests)).toMatchObject([
    { matches: [{ headers: [{ name: 'end-user', value: 'jason' }] }], faults: [{ percent: 100, abortStatus: 500 }] }, { name: 'default' },
  ]),
  'fault-injection-details-v1': (_, manifests) => {
    const { routes } = documentOf(manifests, 'productpage-v1').listeners.find(({ name }) => name === 'outbound/bookinfo/details:80')!;
    expect(routes).toMatchObject([{ faults: [{ percent: 100, abortStatus: 555 }] }]);
  },
  'virtual-service-details-v2 and egress-rule-google-apis': (mesh, manifests) => {
    mesh.expectRequest('productpage', 'GET http://details/details/0').toReach('details', 'v2');
    expect(documentOf(manifests, 'details-v2').clusters.find(({ tls }) => tls)).toMatchObject({ tls: { serverName: 'www.googleapis.com' } });
  },
  'destination-rule-reviews': (_, manifests) => {
    expect(documentOf(manifests, 'web-v1').clusters.find(({ name }) => name === 'shop/reviews-v1')).toMatchObject({ loadBalancing: { type: 'random' } });
  },
  'destination-rule-all-mtls': (_, manifests) => {
    expect(documentOf(manifests, 'web-v1').clusters.find(({ name }) => name === 'shop/catalog-v1')!.mutualTls).toBeDefined();
  },
  'bookinfo-gateway': (mesh) => {
    for (const path of ['/productpage', '/static/a.css', '/login', '/logout', '/api/v1/products/0']) {
      mesh.expectRequest('front', `GET http://bookinfo.example.com${path}`).toReach('productpage');
    }
    mesh.expectRequest('front', 'GET http://bookinfo.example.com/health').toBeRefused(404);
  },
};

describe('samples of Bookinfo', () => {
  const { blocks } = read('docs/from-istio.md');
  const isOfBookinfo = ({ heading }: Block): boolean => heading in BOOKINFO;

  it.each(blocks.filter(isOfBookinfo).map(({ heading, text }) => [heading, text]))('do what Istio does: %s', (heading, text) => {
    const manifests = synthesize(text);
    BOOKINFO[heading]!(meshOf(manifests), manifests);
  });

  it('are all known', () => {
    expect(blocks.filter(isOfBookinfo).map(({ heading }) => heading)).toEqual(Object.keys(BOOKINFO));
  });
});

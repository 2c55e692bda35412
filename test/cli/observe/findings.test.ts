/** What `status` finds in a mesh. */
import { takeSnapshot } from '../../../src/cli/live';
import { CHECKS, Finding } from '../../../src/cli/observe/findings';
import { reportOf } from '../../../src/cli/observe/status';
import { plain } from '../../../src/cli/terminal/table';
import { look, shop } from '../live/support';

async function found(change: (mesh: ReturnType<typeof shop>) => void, reasons = new Map<string, string>()): Promise<Finding[]> {
  const mesh = shop();
  change(mesh);
  const scrape = await look(mesh.all, 0);
  const snapshot = takeSnapshot(scrape, scrape);
  return CHECKS.flatMap(({ find }) => find(snapshot, reasons));
}

test('nothing, when all is well', async () => {
  expect(await found(() => undefined)).toEqual([]);
});

const DAY = 86_400;
/** The moment at which tests look, in seconds since 1970. */
const NOW = 1_700_000_000;

test.each<[string, (mesh: ReturnType<typeof shop>) => void, Partial<Finding>]>([
  ['a proxy that does not answer', ({ web }) => { web[0].failure = 'connect ECONNREFUSED'; },
    { severity: 'error', where: 'shop/web-a', what: 'its proxy does not answer: connect ECONNREFUSED' }],
  ['a refused configuration', ({ web }) => { web[0].lastRejected = { hash: 'h2', problems: ['clusters[1]: unknown field'], at: '' }; },
    { severity: 'error', where: 'web-a (shop/web v1)', what: 'refused a configuration, and keeps the one before: clusters[1]: unknown field' }],
  ['a callee without endpoints', ({ web }) => { for (const { endpoints } of web) endpoints['catalog-v2'] = []; },
    { severity: 'error', where: 'shop/web -> shop/catalog v2', what: 'catalog-v2 has no endpoint' }],
  ['an endpoint that one of two callers has ejected',
    ({ web }) => { web[0].endpoints['catalog-v1'] = [{ address: '10.0.2.1:15006' }, { address: '10.0.2.9:15006', state: 'ejected', stateReason: '5 errors in a row' }]; },
    { severity: 'warning', where: 'shop/web -> 10.0.2.9:15006', what: 'ejected: 5 errors in a row (said by 1 of 2)' }],
  ['stale discovery', ({ web }) => { web[0].lines.push('mesh_discovery_age_seconds{cluster="catalog-v1"} 301', 'mesh_discovery_age_seconds{cluster="catalog-v2"} NaN'); },
    { severity: 'warning', where: 'web-a (shop/web v1)', what: 'endpoints of catalog-v1 were last confirmed 5 minutes ago; the last known ones stay in use' }],
  ['a certificate near its end', ({ web }) => { web[0].lines.push(`mesh_certificate_seconds_to_expiry{listener="edge",certificate="/c/tls.crt"} ${3 * DAY}`); },
    { severity: 'warning', what: 'the certificate /c/tls.crt of edge expires in 3 days' }],
  ['an expired certificate', ({ web }) => {
    web[0].lines.push('mesh_certificate_seconds_to_expiry{listener="edge",certificate="/c/tls.crt"} -5', 'mesh_certificate_problem{listener="edge",certificate="/c/tls.crt",problem="expired"} 1');
  }, { severity: 'error', what: 'the certificate /c/tls.crt of edge is expired' }],
  ['an identity that was not renewed', ({ web }) => { web[0].lines.push(`mesh_identity_expiration_timestamp_seconds{file="certificate"} ${NOW + 600}`); },
    { severity: 'warning', what: 'its identity expires in 10 minutes' }],
  ['mutual TLS that is not enforced', ({ catalog: [proxy] }) => {
    const [inbound, ...others] = proxy.config.listeners;
    proxy.config = { ...proxy.config, listeners: [{ ...inbound, mutualTls: { mode: 'permissive' } }, ...others] };
  }, { severity: 'warning', where: 'catalog-v1-a (shop/catalog v1)', what: 'inbound also lets in connections without mutual TLS' }],
  ['a proxy that is short of memory', ({ web }) => { web[0].lines.push('mesh_memory_level 2'); },
    { severity: 'warning', what: 'refuses new connections: its memory is used up' }],
  ['proxies of two versions', ({ web }) => { web.forEach(({ lines }, index) => lines.push(`mesh_build_info{version="1.${index}.0"} 1`)); },
    { severity: 'warning', where: 'the mesh', what: 'proxies of versions 1.0.0, 1.1.0 run' }],
])('%s', async (_, change, expected) => {
  const findings = await found(change);
  expect(findings).toEqual([expect.objectContaining(expected)]);
  expect(findings[0].remedy).not.toBe('');
});

test('a proxy that is not ready, with what it says itself', async () => {
  const snapshot = takeSnapshot(await look(shop().all, 0), await look(shop().all, 0));
  const unready = { ...snapshot, services: snapshot.services.map((service) => ({ ...service, pods: service.pods.map((pod) => ({ ...pod, ready: pod.pod !== 'web-a' })) })) };
  const reasons = new Map([['web-a', '/ready of web-a answered 503: not ready: no endpoint yet']]);
  expect(CHECKS.flatMap(({ find }) => find(unready, reasons))).toMatchObject([{ severity: 'error', where: 'web-a (shop/web v1)', what: reasons.get('web-a') }]);
});

test('the report has every check, its findings, and how many there are', () => {
  const finding: Finding = { severity: 'error', where: 'web-a', what: 'is broken', remedy: 'mend it' };
  const results = [{ check: 'all is fine', findings: [] }, { check: 'nothing is broken', findings: [finding, { ...finding, severity: 'warning' as const }] }];
  expect(reportOf(results, { services: [], silent: [] }, plain)).toEqual([
    '√ all is fine',
    '× nothing is broken', '    error web-a: is broken', '        mend it', '    warning web-a: is broken', '        mend it',
    '', '1 error, 1 warning (0 pods)',
  ]);
  expect(reportOf([results[0]], { services: [], silent: [] }, plain).at(-1)).toBe('all is well (0 pods)');
});

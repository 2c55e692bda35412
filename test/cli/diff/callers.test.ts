/** What is told of who may call whom, and of mutual TLS. */
import { Chart } from 'cdk8s';
import {
  Allow, Authorization, ExternalAuthorization, ExternalAuthorizationOptions, Identity, Match, Mesh, MeshProps, Monitoring, MutualTls,
} from '../../../src';
import { changesOfCallers } from '../../../src/cli/diff/callers';
import { diffOf } from '../../../src/cli/diff/diff';
import type { Stack } from '../../../src/cli/stack/stack';
import type { AuthorizationRule, ResolvedListener } from '../../../src/contract';
import { service, stackOf } from '../explain/support';

const idOf = (name: string): string => `spiffe://cluster.local/ns/shop/sa/${name}`;

/** `web` calls `catalog`; so may `batch`. */
function shop(mesh: Partial<MeshProps> = {}, { allow, batch = false }: { allow?: Allow[]; batch?: boolean } = {}): Stack {
  return stackOf((chart: Chart) => {
    new Mesh(chart, 'mesh', { identity: Identity.files(), ...mesh });
    const catalog = service(chart, 'catalog');
    service(chart, 'web').calls(catalog, { ...(allow && { allow }) });
    const other = service(chart, 'batch');
    if (batch) other.calls(catalog);
  });
}

const ofCatalog = (before: Stack, after: Stack): string[] => diffOf(before, after).filter(({ where }) => where === 'catalog')
  .map(({ subject, what, from, to, meaning }) => `${subject} | ${what}: ${from} => ${to} | ${meaning}`);

const reading = [Allow.when(Match.method('GET'))];

test.each<[string, Stack, Stack, string[]]>([
  ['the same rules', shop(), shop(), []],
  ['a caller that is new', shop(), shop({}, { batch: true }), [` | caller ${idOf('batch')}:  => every request (rule shop/batch) | is let in from now on`]],
  ['a caller that is gone', shop({}, { batch: true }), shop(), [` | caller ${idOf('batch')}: every request (rule shop/batch) =>  | gets 403 from now on`]],
  ['a caller that may do less', shop(), shop({}, { allow: reading }), [
    ` | caller ${idOf('web')}: every request (rule shop/web) => method GET (rule shop/web) | other requests get 403`,
  ]],
  ['strict mutual TLS after permissive', shop({ mutualTls: MutualTls.PERMISSIVE }), shop(), [
    ' | mutual TLS: mutual TLS or none => mutual TLS only | callers without mutual TLS get 403',
    ' | caller without an identity: every request (rule plain) =>  | gets 403 from now on',
  ]],
  ['rules that are only tried out', shop(), shop({ authorization: Authorization.dryRun() }), [
    ' | dry run of rules: off => on | ',
  ]],
])('GIVEN %s THEN it is told', (_, before, after, lines) => {
  expect(ofCatalog(before, after)).toEqual(lines);
});

const scrapedBy = (...names: string[]): Partial<MeshProps> => (
  { monitoring: Monitoring.prometheus({ mutualTls: { clientIds: names.map(idOf), scrapeClass: 'mesh' } }) });

test('GIVEN metrics by mutual TLS, for others, or for everybody again THEN who may read them is told', () => {
  expect(ofCatalog(shop(), shop(scrapedBy('prometheus')))).toEqual([` | mutual TLS for metrics: none => only ${idOf('prometheus')} may read them | `]);
  expect(ofCatalog(shop(scrapedBy('prometheus')), shop(scrapedBy('prometheus', 'agent')))).toEqual([
    ` | who may read metrics: ${idOf('prometheus')} => ${idOf('prometheus')}, ${idOf('agent')} | everybody else gets 403`,
  ]);
  expect(ofCatalog(shop(scrapedBy('prometheus')), shop())).toEqual([` | mutual TLS for metrics: only ${idOf('prometheus')} may read them => none | `]);
});

test('GIVEN an identity where there was none THEN who loses access is told', () => {
  expect(ofCatalog(shop({ identity: Identity.none() }), shop())).toEqual(expect.arrayContaining([
    ' | mutual TLS: none => mutual TLS only | callers without mutual TLS get 403',
    ' | caller anybody: every request =>  | callers that no rule names get 403',
    ` | caller ${idOf('web')}:  => every request (rule shop/web) | is let in as before`,
    ` | identity: none => ${idOf('catalog')} | `,
  ]));
});

test('GIVEN an identity where there was none and a caller that may do less THEN that is told of it', () => {
  expect(ofCatalog(shop({ identity: Identity.none() }), shop({}, { allow: reading }))).toContain(
    ` | caller ${idOf('web')}:  => method GET (rule shop/web) | other requests get 403`,
  );
});

test('GIVEN an identity that is taken away THEN nobody is said to lose access', () => {
  expect(ofCatalog(shop(), shop({ identity: Identity.none() }))).toEqual(expect.arrayContaining([
    ' | caller anybody:  => every request | is let in from now on',
    ` | caller ${idOf('web')}: every request (rule shop/web) =>  | is let in as before`,
  ]));
});

test('GIVEN endpoints that have to prove who they are THEN the call says so', () => {
  expect(diffOf(shop({ identity: Identity.none() }), shop())).toContainEqual(expect.objectContaining({
    where: 'web -> catalog', what: 'mutual TLS', from: 'none', to: `the endpoint must be ${idOf('catalog')}`,
  }));
});

const listener = (...rules: AuthorizationRule[]): ResolvedListener => ({ authorization: { rules, dryRun: false, audit: 'off' } }) as unknown as ResolvedListener;

test('GIVEN claims THEN they are a part of what a caller may do, and names of rules are not', () => {
  const rule: AuthorizationRule = { name: 'staff', anyAuthenticated: true, matches: [{ claims: [{ name: 'role', value: 'a' }] }] };
  expect(changesOfCallers('x', '', listener(rule), listener({ ...rule, name: 'others' }))).toEqual([]);
  expect(changesOfCallers('x', '', listener(), listener(rule))).toMatchObject([{
    what: 'caller with any verified identity', to: "claim role = 'a' (rule staff)",
  }]);
});

test('GIVEN a service that is asked about requests THEN who is newly asked is told, and what changes of it', () => {
  const asking = (options: ExternalAuthorizationOptions): Stack => stackOf((chart: Chart) => {
    const externalAuthorization = ExternalAuthorization.http(service(chart, 'auth'), options);
    service(chart, 'web').calls(service(chart, 'catalog', { externalAuthorization }));
  });
  const silent = stackOf((chart: Chart) => {
    service(chart, 'auth');
    service(chart, 'web').calls(service(chart, 'catalog'));
  });
  expect(ofCatalog(silent, asking({}))).toContainEqual(' | asks about requests: nobody => shop/auth-v1 | requests pass only if it says so');
  expect(ofCatalog(asking({}), silent)).toContainEqual(' | asks about requests: shop/auth-v1 => nobody | nobody is asked about requests any more');
  expect(ofCatalog(asking({}), asking({ failureModeAllow: true })).join()).toMatch(/failureModeAllow/);
});

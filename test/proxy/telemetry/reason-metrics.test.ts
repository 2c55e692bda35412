/** Where reasons are counted, held against the code that counts them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../../../src/proxy/http1/fault';
import type { Refusal } from '../../../src/proxy/serve/exchange/refusal';
import { FAMILIES, FamilyDefinition } from '../../../src/proxy/telemetry/catalog';
import { metricsOf } from '../../../src/proxy/telemetry/reason-metrics';
import { REASON_CODES, ReasonCode } from '../../../src/proxy/telemetry/reasons';

const PROXY = join(__dirname, '..', '..', '..', 'src', 'proxy');

/** The limits by which a reason counts in a family. */
const limitsOf = (reason: ReasonCode, family: FamilyDefinition): string[] => (
  metricsOf(reason).filter((count) => count.family === family).map(({ label }) => label['limit']!));

test('every reason of a request or of a connection of TCP counts by its code, and everything by labels that the family has', () => {
  for (const reason of REASON_CODES) {
    const counts = metricsOf(reason);
    // These come before there is a request.
    const ofTcp = { family: FAMILIES.tcpConnectionsClosed, label: { reason } };
    if (reason === 'connection_limit') expect(counts).toEqual([ofTcp, { family: FAMILIES.limitReached, label: { limit: 'maxConnections' } }]);
    else if (reason === 'client_connection_limit') expect(counts).toEqual([ofTcp, { family: FAMILIES.connectionsRefused, label: { reason } }]);
    else if (reason.startsWith('tcp_')) expect(counts[0]).toEqual(ofTcp);
    else expect(counts[0]).toEqual({ family: FAMILIES.requests, label: { reason } });
    for (const { family, label } of counts) expect(family.labels).toEqual(expect.arrayContaining(Object.keys(label)));
  }
});

const faults = readdirSync(join(PROXY, 'http1')).flatMap((file) => (
  Object.entries(require(join(PROXY, 'http1', file)) as Record<string, Partial<Fault>>)
    .filter(([, value]) => typeof value === 'object' && value.limit !== undefined)
    .map(([name, { code, limit }]) => [name, file === 'response-head.ts' ? 'upstream_protocol_error' : code!, limit!] as const)));

test.each(faults)('%s counts for %s and the limit %s', (_, reason, limit) => {
  expect(limitsOf(reason, FAMILIES.limitReached)).toContain(limit);
});

const refusals = Object.values(require(join(PROXY, 'serve', 'exchange', 'refusal')) as Record<string, Partial<Refusal>>)
  .filter((value) => typeof value === 'object' && value.limit !== undefined)
  .map(({ code, limit }) => [code!, limit!] as const);

test.each(refusals)('what is refused as %s counts for the limit %s', (reason, limit) => {
  expect(limitsOf(reason, FAMILIES.limitReached)).toContain(limit);
});

test('nothing is held against no code', () => {
  expect([faults.length > 4, refusals.length > 1]).toEqual([true, true]);
});

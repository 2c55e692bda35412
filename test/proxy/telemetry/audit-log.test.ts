import { MAX_PATH } from '../../../src/proxy/telemetry/access-record';
import { AuditLog, AuditRecord, formatAudit } from '../../../src/proxy/telemetry/audit-log';
import { LineWriter } from '../../../src/proxy/telemetry/line-writer';
import { FakeClock } from '../../support/fake-clock';

const DENIED: AuditRecord = {
  listener: 'in', caller: 'spiffe://cluster.local/ns/shop/sa/web', client: '10.0.0.7', method: 'GET', path: '/admin', host: 'a.io', decision: 'denied', cause: 'no_match',
};

test('a line says who asked for what, and how it was decided', () => {
  expect(formatAudit(DENIED, 1_700_000_000_000)).toBe(
    '{"time":"2023-11-14T22:13:20.000Z","level":"warn","event":"authorization","listener":"in","decision":"denied","cause":"no_match",'
    + '"caller":"spiffe://cluster.local/ns/shop/sa/web","client":"10.0.0.7","method":"GET","host":"a.io","path":"/admin"}');
  const { cause: _, ...rest } = DENIED;
  expect(JSON.parse(formatAudit({ ...rest, decision: 'allowed', rule: 'web' }, 0))).toMatchObject({ level: 'info', rule: 'web' });
  expect(JSON.parse(formatAudit({ ...DENIED, caller: undefined }, 0))).not.toHaveProperty('caller');
});

test('a line is one line of bounded length, whatever the client sends', () => {
  const line = formatAudit({ ...DENIED, path: `/${'"\\\n\u2028'.repeat(5_000)}`, host: 'x\n'.repeat(5_000), method: 'M'.repeat(9_000) }, 0);
  expect(line).not.toContain('\n');
  for (const field of ['path', 'host', 'method']) expect(JSON.parse(line)[field]).toHaveLength(MAX_PATH);
});

test('GIVEN an output that takes nothing THEN nobody waits, and lines are dropped and counted', () => {
  const writer = new LineWriter({ write: () => undefined }, 1_000);
  const log = new AuditLog(writer, new FakeClock());
  for (let line = 0; line < 2_000; line += 1) log.record(DENIED);
  expect(writer.dropped).toBeGreaterThan(1_000);
});

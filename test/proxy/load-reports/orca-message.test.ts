/** Binary load reports, against the encoder of @grpc/grpc-js and by bytes. */
import { join } from 'node:path';
import { loadSync } from '@grpc/proto-loader';
import type * as grpc from '@grpc/grpc-js';
import fc from 'fast-check';
import { MAX_REPORT_BYTES, ReportReader } from '../../../src/proxy/load-reports/read-report';
import { decodeReport } from '../../../src/proxy/load-reports/orca-message';

const PROTOS = join(require.resolve('@grpc/grpc-js/package.json'), '../proto');
const service = loadSync('xds/service/orca/v3/orca.proto', {
  includeDirs: [join(PROTOS, 'xds'), join(PROTOS, 'protoc-gen-validate')], keepCase: true, longs: Number, enums: String, defaults: false, oneofs: true,
})['xds.service.orca.v3.OpenRcaService'] as grpc.ServiceDefinition;
const encode = (report: object): string => service['StreamCoreMetrics']!.responseSerialize(report).toString('base64');

/** Utilization, requests and errors a second; or what is wrong. */
function read(value: string, metrics?: readonly string[]): readonly number[] | string {
  const reader = new ReportReader(metrics);
  const bytes = Buffer.from(`x${value},`);
  return reader.read(bytes, 1, 1 + value.length, true) ?? [reader.utilization, reader.requestsPerSecond, reader.errorsPerSecond];
}

const LOADED = {
  cpu_utilization: 0.7, mem_utilization: 0.1, rps: 12, rps_fractional: 1_000, eps: 2, application_utilization: 0.87,
  named_metrics: { foo: 123, bar: 0.2 }, utilization: { disk: 0.9 }, request_cost: { cpu: 3 },
};

test('a report by another encoder is read with all that is in it', () => {
  expect(decodeReport(encode(LOADED))).toEqual(LOADED);
  expect(read(encode(LOADED))).toEqual([0.87, 1_000, 2]);
  expect(read(encode(LOADED), ['named_metrics.bar', 'utilization.disk', 'mem_utilization'])).toEqual([0.9, 1_000, 2]);
  expect(read(encode({ cpu_utilization: 0.3, rps: 12 }))).toEqual([0.3, 12, 0]);
});

test('any report by another encoder is read as it was meant', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const map = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 10 }), number, { maxKeys: 4 });
  const report = fc.record({
    cpu_utilization: number, mem_utilization: number, rps_fractional: number, eps: number, named_metrics: map, utilization: map,
  }, { requiredKeys: [] });
  fc.assert(fc.property(report, (sent) => {
    const got = decodeReport(encode(sent))!;
    for (const [name, value] of Object.entries(sent)) {
      for (const [key, entry] of Object.entries(typeof value === 'number' ? { '': value } : value)) {
        const found = typeof value === 'number' ? got[name] : (got[name] as Record<string, number>)[key];
        // Zero is not sent, and has one sign.
        expect((found ?? 0) as number + 0).toBe(entry + 0);
      }
    }
  }));
});

test('padding may be missing, and of values that were joined the first counts', () => {
  expect(read('SQAAAAAAAOA')).toBe('malformed');
  expect(read('SQAAAAAAAOA/')).toEqual([0.5, 0, 0]);
  expect(read('GGQ=')).toEqual(read('GGQ'));
  expect(read('SQAAAAAAAOA/, GGQ=')).toEqual([0.5, 0, 0]);
});

const hex = (bytes: string): string => Buffer.from(bytes.replace(/ /g, ''), 'hex').toString('base64');

test.each([
  ['nothing', '', [0, 0, 0]],
  ['fields that are not known', '78 05 a5 01 00000000 9a 01 02 6162 49 000000000000e03f', [0.5, 0, 0]],
  ['a field of another type than expected', '08 05 4a 01 61 49 000000000000e03f', [0.5, 0, 0]],
  ['a field twice, of which the last counts', '49 000000000000f03f 49 000000000000e03f', [0.5, 0, 0]],
])('%s', (_, bytes, load) => {
  expect(read(hex(bytes))).toEqual(load);
});

test.each([
  ['a number that is cut off', '09 0000'], ['a length beyond the end', '42 7f 61'], ['an endless integer', '18 ffffffffffffffffffffff01'],
  ['field 0', '01 0000000000000000'], ['a group', '0b 0c'], ['a tag without a value', '09'], ['an entry that is cut off', '42 03 0a 05 61'],
  ['not a number', '09 000000000000f87f'], ['infinity', '31 000000000000f07f'],
])('counts for nothing: %s', (_, bytes) => {
  expect(read(hex(bytes))).toBe('malformed');
});

test.each([['!', 'malformed'], ['A', 'malformed'], ['S Q', 'malformed'], ['A'.repeat(MAX_REPORT_BYTES + 1), 'too_long']])('counts for nothing, GIVEN %j', (value, fault) => {
  expect(read(value)).toBe(fault);
});

test('any bytes are read without an exception', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    read(Buffer.from(bytes).toString('base64'), ['named_metrics.a']);
  }));
});

import fc from 'fast-check';
import { MAX_REPORT_BYTES, NOMINAL_CONCURRENCY, ReportFault, ReportReader } from '../../../src/proxy/load-reports/read-report';

interface Read { readonly fault?: ReportFault; readonly load: readonly number[] }

/** Utilization, requests and errors a second. */
function read(value: string | Buffer, metrics?: readonly string[]): Read {
  const reader = new ReportReader(metrics);
  const bytes = Buffer.from(value);
  // In the middle of a buffer, as in a head: what is around it must not be read.
  const head = Buffer.concat([Buffer.from('eps=7,'), bytes, Buffer.from(',rps=9')]);
  const fault = reader.read(head, 6, 6 + bytes.length);
  return { ...(fault && { fault }), load: [reader.utilization, reader.requestsPerSecond, reader.errorsPerSecond] };
}

describe('the forms of a report', () => {
  test.each([
    ['TEXT, as gRPC and ORCA have it', 'TEXT cpu_utilization=0.3, mem_utilization=0.8, rps_fractional=10.0, eps=1, named_metrics.queue=0.4', [0.3, 10, 1]],
    ['TEXT without spaces', 'TEXT cpu_utilization=0.3,rps_fractional=10,eps=1', [0.3, 10, 1]],
    ['TEXT with colons, as Envoy reads it', 'TEXT cpu_utilization:0.3,rps_fractional:10.0,eps:1', [0.3, 10, 1]],
    ['text without its word', 'cpu_utilization=0.3,rps_fractional=10', [0.3, 10, 0]],
    ['numbers with exponents', 'TEXT cpu_utilization=3e-1,rps_fractional=1E+1', [0.3, 10, 0]],
    ['JSON', 'JSON {"cpu_utilization": 0.3, "rps_fractional": 10, "eps": 1, "named_metrics": {"queue": 0.4}}', [0.3, 10, 1]],
    ['JSON with the names of protocol buffers', 'JSON {"cpuUtilization": 0.3, "rpsFractional": 10}', [0.3, 10, 0]],
    ['JSON without its word', '{"cpu_utilization":0.3,"rps_fractional":10}', [0.3, 10, 0]],
    ['the old rate, GIVEN no other', 'TEXT cpu_utilization=0.3,rps=12', [0.3, 12, 0]],
    ['nothing', 'TEXT ', [0, 0, 0]],
    ['empty entries', 'TEXT ,, cpu_utilization=0.5 ,', [0.5, 0, 0]],
  ])('%s', (_, value, load) => {
    expect(read(value)).toEqual({ load });
  });
});

describe('utilization', () => {
  test('is the application\'s before the CPU\'s', () => {
    expect(read('cpu_utilization=0.3,application_utilization=0.9').load[0]).toBe(0.9);
    expect(read('cpu_utilization=0.3,application_utilization=0').load[0]).toBe(0.3);
  });

  test('is relative, GIVEN only how many requests are in flight', () => {
    const reader = new ReportReader();
    const text = Buffer.from('TEXT named_metrics.requests_in_flight=4, rps_fractional=10');
    reader.read(text, 0, text.length);
    expect(reader).toMatchObject({ utilization: 4 / NOMINAL_CONCURRENCY, requestsPerSecond: 10, relative: true });
    const known = Buffer.from('TEXT named_metrics.requests_in_flight=4, cpu_utilization=0.5');
    reader.read(known, 0, known.length);
    expect(reader).toMatchObject({ utilization: 0.5, relative: false });
  });

  test.each([
    ['text', 'TEXT named_metrics.a=0.2,named_metrics.b=0.6,mem_utilization=0.4,application_utilization=0.9'],
    ['JSON', 'JSON {"named_metrics":{"a":0.2,"b":0.6},"mem_utilization":0.4,"application_utilization":0.9}'],
  ])('is the highest of the metrics configured, GIVEN any of them (%s)', (_, value) => {
    expect(read(value, ['named_metrics.a', 'named_metrics.b', 'mem_utilization']).load[0]).toBe(0.6);
    expect(read(value, ['named_metrics.c']).load[0]).toBe(0.9);
    expect(read(value, ['named_metrics.constructor', 'toString', '__proto__.x']).load[0]).toBe(0.9);
  });
});

describe('a report that can\'t be trusted counts for nothing', () => {
  test.each([
    ['a number that is none', 'TEXT cpu_utilization=much'],
    ['NaN', 'TEXT cpu_utilization=NaN'],
    ['infinity', 'TEXT rps_fractional=Infinity'],
    ['a number beyond all doubles', 'TEXT rps_fractional=1e999'],
    ['a number in another base', 'TEXT eps=0x10'],
    ['no number', 'TEXT cpu_utilization='],
    ['a number without end', `TEXT eps=${'1'.repeat(33)}`],
    ['no name', 'TEXT =3'],
    ['no metric at all', 'TEXT cpu_utilization'],
    ['JSON that is none', 'JSON {"cpu_utilization":'],
    ['JSON that is no object', 'JSON [0.3]'],
    ['JSON null', 'JSON null'],
    ['a text for a number in JSON', 'JSON {"cpu_utilization":"0.3"}'],
    ['an infinite number in JSON', 'JSON {"eps":1e999}'],
  ])('%s', (_, value) => {
    expect(read(value).fault).toBe('malformed');
  });

  test('one that is longer than the limit', () => {
    const long = `TEXT ${'named_metrics.x=1,'.repeat(200)}`;
    expect(read(long.slice(0, MAX_REPORT_BYTES + 1)).fault).toBe('too_long');
    expect(read('x=1,'.repeat(MAX_REPORT_BYTES / 4)).fault).toBeUndefined();
  });
});

describe('any bytes', () => {
  const pieces = fc.constantFrom(
    'TEXT ', 'JSON ', '{', '}', '"', ':', '=', ',', ' ', 'cpu_utilization', 'application_utilization', 'rps_fractional', 'eps', 'named_metrics.q', '0.5', '-1',
    '1e400', 'NaN', '[', '\u0000', '\u00ff',
  );
  const values = fc.oneof(
    fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
    fc.array(pieces, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''), 'latin1')),
    fc.json().map((text) => Buffer.from(`JSON ${text}`)),
  );

  test('never throw, and give finite numbers', () => {
    fc.assert(fc.property(values, (value) => {
      const { load } = read(value, ['named_metrics.q']);
      return load.every((number) => Number.isFinite(number));
    }), { numRuns: 2_000 });
  });

  test('are read the same wherever they stand', () => {
    const reader = new ReportReader(['named_metrics.q']);
    fc.assert(fc.property(values, values, (value, before) => {
      const fault = reader.read(Buffer.concat([before, value]), before.length, before.length + value.length);
      return read(value, ['named_metrics.q']).fault === fault;
    }), { numRuns: 500 });
  });

  test('numbers that were written come back', () => {
    const number = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(fc.property(number, number, number, (utilization, rate, errors) => {
      const { load } = read(`TEXT application_utilization=${utilization}, rps_fractional=${rate}, eps=${errors}`);
      expect(load).toEqual([utilization, rate, errors]);
    }));
  });
});

import { AccessRecord, accessText, MAX_PATH, writeAccess } from '../../../src/proxy/telemetry/access-record';
import { ByteLine } from '../../../src/proxy/telemetry/byte-line';
import { keptText } from '../../support/kept-text';

const REQUEST: AccessRecord = {
  listener: 'catalog', method: 'GET', path: keptText('/items'), status: 200, reason: undefined, detail: '', durationMs: 12.345678,
  cluster: 'catalog-v1', endpoint: '10.0.0.1:15006', attempts: 1, attemptRecords: [], bytesIn: 0, bytesOut: 512,
};
const TRACE = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  writeTraceId(target: Buffer, start: number) { target.write(this.traceId, start, 'latin1'); },
};
const NASTY = `/${'"\\\n\u00ff'.repeat(5_000)}`;

function jsonOf(request: Partial<AccessRecord>, wallTime = 0): string {
  const line = new ByteLine();
  writeAccess(line, { ...REQUEST, ...request }, wallTime);
  return line.toString();
}

describe('a line of JSON', () => {
  it('has what is known of the request', () => {
    expect(jsonOf({}, 1_700_000_000_000)).toBe(
      '{"time":"2023-11-14T22:13:20.000Z","level":"info","event":"request","listener":"catalog","method":"GET","path":"/items",'
      + '"status":200,"durationMs":12.346,"cluster":"catalog-v1","endpoint":"10.0.0.1:15006","attempts":1,"bytesIn":0,"bytesOut":512}');
  });

  it('has every other field that applies', () => {
    expect(JSON.parse(jsonOf({
      client: '192.0.2.1', caller: 'spiffe://mesh/ns/shop/sa/web', route: 'default', grpcStatus: 14, trace: TRACE, attempts: 2, bytesIn: 5_000_000_000,
      attemptRecords: [{ endpoint: '10.0.0.2:80', outcome: 503, milliseconds: 1.25 }, { endpoint: '10.0.0.1:80', outcome: 200, milliseconds: 2 }],
    }))).toMatchObject({
      client: '192.0.2.1', caller: 'spiffe://mesh/ns/shop/sa/web', route: 'default', grpcStatus: 14, traceId: TRACE.traceId, attempts: 2,
      bytesIn: 5_000_000_000, tried: ['10.0.0.2:80;503;1.3', '10.0.0.1:80;200;2'],
    });
  });

  it('has the reason, given that the proxy answered by itself', () => {
    const line = JSON.parse(jsonOf({ status: 503, reason: 'no_endpoints', detail: 'none "ready" é', endpoint: undefined }));
    expect(line).toMatchObject({ status: 503, reason: 'no_endpoints', detail: 'none "ready" é' });
    expect(line).not.toHaveProperty('endpoint');
  });

  it('has neither method nor path, given a head that could not be read', () => {
    const line = JSON.parse(jsonOf({ method: undefined, status: 400, reason: 'bad_request' }));
    expect(line).not.toHaveProperty('method');
    expect(line).not.toHaveProperty('path');
  });

  it('is one line of bounded length, given any path', () => {
    const line = jsonOf({ path: keptText(NASTY, MAX_PATH) });
    expect(line).not.toContain('\n');
    expect(JSON.parse(line).path).toBe(NASTY.slice(0, MAX_PATH));
  });
});

describe('a line of text', () => {
  const COLUMNS = /^\S+ "(?:[^"\\]|\\.)*"(?: \S+){13}$/;

  it('has the same fields in the same places', () => {
    expect(accessText({ ...REQUEST, route: 'default', trace: TRACE }, 1_700_000_000_000)).toBe(
      '2023-11-14T22:13:20.000Z "GET /items" 200 - 12.346 0 512 1 catalog default catalog-v1 10.0.0.1:15006 - - 4bf92f3577b34da6a3ce929d0e0e4736');
    expect(accessText({ ...REQUEST, method: undefined, status: 400, reason: 'bad_request', cluster: undefined, endpoint: undefined, attempts: 0 }, 0))
      .toMatch(/ "-" 400 bad_request 12\.346 0 512 0 catalog - - - - - -$/);
  });

  it.each(['/"', '/a" 200 - 1', '/\\', NASTY, '/\r\n\u001b[31m\u0085'])('is one line with all columns, given the path %j', (path) => {
    const line = accessText({ ...REQUEST, path: keptText(path, MAX_PATH), route: 'a route', caller: 'spiffe://mesh/ns/shop/sa/web' }, 0);
    expect(line).toMatch(COLUMNS);
    expect(line.length).toBeLessThan(MAX_PATH * 4 + 300);
  });
});

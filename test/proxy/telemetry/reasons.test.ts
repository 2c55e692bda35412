import { REASON_CODES, REASONS } from '../../../src/proxy/telemetry/reasons';

/** Answers that are no failures. */
const ON_PURPOSE = { max_forwards: 200, redirect: 302, direct_response: 200, cors_preflight: 200 };

describe('the table of reason codes', () => {
  it.each(REASON_CODES.map((code) => [code, REASONS[code]] as const))('says what happened and what to do, in one form: %s', (code, reason) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    for (const text of [reason.meaning, reason.remedy]) {
      expect(text.length).toBeGreaterThan(20);
      expect(text).toMatch(/^[a-z5].*[^.]$/);
    }
  });

  it('has a status and phrase for every answer, and none for a connection that is cut', () => {
    for (const code of REASON_CODES) {
      const { outcome, status, phrase } = REASONS[code];
      if (outcome === 'answered') {
        if (code in ON_PURPOSE) expect(status).toBe(ON_PURPOSE[code as keyof typeof ON_PURPOSE]);
        else expect([4, 5]).toContain(Math.floor(status / 100));
        expect(phrase).toMatch(/^[A-Z]/);
      } else {
        expect([status, phrase]).toEqual([outcome === 'gone' ? 499 : 0, '']);
      }
    }
  });

  it('answers 503 only when no application has seen the request, and never 502 or 504 for a failure to connect', () => {
    for (const code of REASON_CODES) {
      const { status, reached, proxyStatus } = REASONS[code];
      if (status === 503) expect([code, reached]).toEqual([code, 'no']);
      if (status === 504) expect([code, reached]).toEqual([code, 'maybe']);
      if (['connection_refused', 'connection_timeout', 'destination_unavailable'].includes(proxyStatus)) expect([code, status]).toEqual([code, 503]);
    }
  });

  it('blames the client with a 4xx (or 501, 505) exactly where the error type is that of a bad request', () => {
    for (const code of REASON_CODES) {
      const { status, proxyStatus } = REASONS[code];
      const blamesClient = (status >= 400 && status < 500) || status === 501 || status === 505;
      expect([code, blamesClient]).toEqual([code, proxyStatus === 'http_request_error' || proxyStatus === 'http_request_denied']);
    }
  });
});

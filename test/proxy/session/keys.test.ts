import { MAX_KEYS, MIN_KEY_BYTES, readKeys } from '../../../src/proxy/session/keys';

const KEY = 'k'.repeat(MIN_KEY_BYTES);
const OTHER = 'o'.repeat(44);

describe('the file with the keys of session cookies', () => {
  it('has one key a line, given blank lines, blanks around keys and line ends of either kind', () => {
    expect(readKeys(`\n  ${KEY}\r\n\n${OTHER}\t\n`)).toEqual({ ok: true, keys: [Buffer.from(KEY), Buffer.from(OTHER)] });
    expect(readKeys(KEY)).toEqual({ ok: true, keys: [Buffer.from(KEY)] });
  });

  it.each([
    ['nothing', '', 'has no key; put random keys of at least 32 bytes there, one a line, as \'openssl rand -base64 32\' makes them'],
    ['blank lines only', ' \n\n', 'has no key; put'],
    ['a key that is too short', `${KEY}\n${'s'.repeat(31)}\n`, 'has a key of 31 bytes, number 2; put'],
    ['more keys than are tried', `${KEY}\n`.repeat(MAX_KEYS + 1), 'has 9 keys; keep the newest 8'],
    ['far more than a file of keys', 'x'.repeat(20_000), 'has more than 16384 bytes; put'],
  ])('is refused without telling a key, given %s', (_, content, problem) => {
    const read = readKeys(content);
    expect(read).toMatchObject({ ok: false, problem: expect.stringContaining(problem) as string });
    expect(JSON.stringify(read)).not.toContain('sss');
  });
});

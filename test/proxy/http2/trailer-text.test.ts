import { TrailerText } from '../../../src/proxy/http2/trailer-text';

test.each([['cookie', undefined], ['authorization', undefined], ['x-sum', 'x-sum: 1\r\n\r\n']])('trailer %s', (name, lines) => {
  const text = new TrailerText();
  text.begin(1_000);
  const bytes = Buffer.from(`${name}1`);
  text.onField(bytes, 0, name.length, bytes, name.length, bytes.length);
  expect(text.finish()?.toString()).toBe(lines);
  expect(text.malformed).toBeUndefined();
});

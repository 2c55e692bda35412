import { KeptText } from '../../src/proxy/runtime/kept-text';

/** A text of a request, each character of which is one byte. */
export function keptText(text: string, limit = text.length): KeptText {
  const kept = new KeptText(limit);
  kept.add(Buffer.from(text, 'latin1'), 0, text.length);
  return kept;
}

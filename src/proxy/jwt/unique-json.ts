/**
 * JSON objects in which no name is there twice. Of two members of one name, readers take the first, the last, or neither (RFC 8259 section 4), so
 * that a proxy and an app could read two different tokens (RFC 7519 section 4 asks to refuse them, or to take the last).
 */

const DECODER = new TextDecoder('utf-8', { fatal: true });

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object that the bytes are, in UTF-8; undefined when they are none, or one with a name twice, at any depth. */
export function parseUnique(bytes: Uint8Array): JsonObject | undefined {
  let value: unknown;
  try {
    const text = DECODER.decode(bytes);
    value = JSON.parse(text);
    if (hasNameTwice(text)) return undefined;
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as JsonObject : undefined;
}

/** Of sound JSON: there, a string before a colon is a name. */
function hasNameTwice(text: string): boolean {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
    if (character !== '"') continue;
    const start = at;
    for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
    if (!isBeforeColon(text, at + 1)) continue;
    // Escaped in another way, it is the same name.
    const name = JSON.parse(text.slice(start, at + 1)) as string;
    const names = open.at(-1)!;
    if (names.has(name)) return true;
    names.add(name);
  }
  return false;
}

function isBeforeColon(text: string, start: number): boolean {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at += 1;
  return text[at] === ':';
}

/**
 * The text of a document in its ConfigMap. People review it as a diff, so a part that is short is on one line and any other is indented: a call
 * has some five lines. Kubernetes limits the size of objects; so a large document has a line for each listener and each cluster, which is still a
 * line in a diff for each call that changes, and no white space besides.
 */
import { ProxyConfig } from '../../contract';

/** Longest text that is indented: that of some 110 calls. A quarter of what client-side `kubectl apply` takes, so it is far from any limit. */
const LONGEST_INDENTED = 65_536;

/** Longest line, where that can be kept: what fits beside another in a review. */
const LINE = 124;

const INDENT = '  ';

/** The document as JSON. */
export function documentText(document: ProxyConfig): string {
  const text = JSON.stringify(document);
  if (text.length > LONGEST_INDENTED) return oneLineEach(document);
  const indented = laidOut(JSON.parse(text), '', 0);
  return indented.length <= LONGEST_INDENTED ? indented : oneLineEach(document);
}

/**
 * A value on one line where it fits, else with its parts on lines of their own, as many on each as fit. The items of a list of objects follow each
 * other as in `[{ ... }, { ... }]`.
 *
 * @param indent of the line that it begins on
 * @param taken characters of that line that are taken: its name before it, and a comma behind it
 */
function laidOut(value: unknown, indent: string, taken: number): string {
  const line = onOneLine(value);
  if (indent.length + taken + line.length <= LINE || typeof value !== 'object' || value === null) return line;
  if (!Array.isArray(value)) return broken('{', fieldsOf(value, indent + INDENT), '}', indent);
  const items: unknown[] = value;
  if (!items.every(isObject)) return broken('[', items.map((item) => laidOut(item, indent + INDENT, 1)), ']', indent);
  return `[${items.map((item) => broken('{', fieldsOf(item, indent + INDENT), '}', indent)).join(', ')}]`;
}

function fieldsOf(value: object, indent: string): string[] {
  return Object.entries(value).map(([name, below]) => {
    const key = `${JSON.stringify(name)}: `;
    return key + laidOut(below, indent, key.length + 1);
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parts between brackets, one behind the other on lines. One that has several lines ends one. An object may begin behind others, as with
 * `"name": "app", "discovery": {`; a list begins a line.
 */
function broken(open: string, parts: readonly string[], close: string, indent: string): string {
  const inner = indent + INDENT;
  const lines: string[] = [];
  let isOpen = false;
  parts.forEach((part, index) => {
    const text = index < parts.length - 1 ? `${part},` : part;
    const last = lines.at(-1);
    const isSingle = !text.includes('\n');
    const first = text.slice(0, text.search(/\n|$/));
    const mayFollow = isSingle || (first.endsWith('{') && !first.endsWith('[{'));
    if (isOpen && mayFollow && last!.length + 1 + first.length <= LINE) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(inner + text);
    isOpen = isSingle;
  });
  return [open, ...lines, indent + close].join('\n');
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, below]) => `${JSON.stringify(name)}: ${onOneLine(below)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** A line for each field of the document, and for each item of its lists. */
function oneLineEach(document: ProxyConfig): string {
  const fields = Object.entries(document).filter(([, value]) => value !== undefined).map(([name, value]: [string, unknown]) => {
    const text = Array.isArray(value) && value.length > 0 ? `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]` : JSON.stringify(value);
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{\n${fields.join(',\n')}\n}`;
}

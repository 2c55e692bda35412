/** What every value that an expression takes begins with: by that, expressions are found instead of tried one after the other. */
import type { Node } from './syntax';

export function literalStart(node: Node): string {
  return startOf(node).text;
}

/** `isWhole`: it takes nothing but the text. */
function startOf(node: Node): { readonly text: string; readonly isWhole: boolean } {
  if (node.type === 'empty') return { text: '', isWhole: true };
  if (node.type === 'set') {
    const byte = node.set.indexOf(1);
    const isWhole = byte >= 0 && node.set.indexOf(1, byte + 1) < 0;
    return { text: isWhole ? String.fromCharCode(byte) : '', isWhole };
  }
  if (node.type !== 'sequence') return { text: '', isWhole: false };
  let text = '';
  for (const each of node.nodes) {
    const start = startOf(each);
    text += start.text;
    if (!start.isWhole) return { text, isWhole: false };
  }
  return { text, isWhole: true };
}

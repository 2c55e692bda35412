/** Whether some value that an expression takes begins with a byte: an expression for paths that takes none with `/` is a mistake. */
import type { Node } from './syntax';

export function mayBeginWith(node: Node, byte: number): boolean {
  switch (node.type) {
    case 'empty': return false;
    case 'set': return node.set[byte] === 1;
    case 'choice': return node.nodes.some((each) => mayBeginWith(each, byte));
    case 'repeat': return node.max > 0 && mayBeginWith(node.node, byte);
    case 'sequence': {
      const behind = node.nodes.findIndex((each) => !mayBeEmpty(each));
      return (behind < 0 ? node.nodes : node.nodes.slice(0, behind + 1)).some((each) => mayBeginWith(each, byte));
    }
  }
}

function mayBeEmpty(node: Node): boolean {
  switch (node.type) {
    case 'empty': return true;
    case 'set': return false;
    case 'choice': return node.nodes.some(mayBeEmpty);
    case 'repeat': return node.min === 0 || mayBeEmpty(node.node);
    case 'sequence': return node.nodes.every(mayBeEmpty);
  }
}

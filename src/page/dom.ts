/** Makes and changes elements. Text goes in as text and nothing is parsed as markup, whatever names a mesh has. */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string;

const SVG = 'http://www.w3.org/2000/svg';

export function html<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children);
  return element;
}

export function svg<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag) as SVGElementTagNameMap[K];
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children);
  return element;
}

/** Sets an attribute, if it is another one; `undefined` and `false` take it away. */
export function set(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? '' : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Sets the text, if it is another one. */
export function say(element: Node, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** What a list shows for one item, and how that follows the item. */
export interface Row<T> {
  readonly element: Element;
  update(item: T): void;
}

/**
 * Keeps the children of an element in step with a list: what is in it already stays, with its focus and selection, and is updated.
 */
export class List<T> {
  private readonly rows = new Map<string, Row<T>>();

  constructor(readonly parent: Element, private readonly keyOf: (item: T) => string, private readonly make: (item: T) => Row<T>) {}

  show(items: readonly T[]): void {
    const gone = new Set(this.rows.keys());
    let next = this.parent.firstElementChild;
    for (const item of items) {
      const key = this.keyOf(item);
      gone.delete(key);
      let row = this.rows.get(key);
      if (!row) this.rows.set(key, row = this.make(item));
      row.update(item);
      if (row.element === next) next = next.nextElementSibling;
      else this.parent.insertBefore(row.element, next);
    }
    for (const key of gone) {
      this.rows.get(key)!.element.remove();
      this.rows.delete(key);
    }
  }
}

/** A row of a table whose cells are texts. The first one heads it. */
export function textRow<T>(cellsOf: (item: T) => readonly string[], classOf: (item: T) => string = () => ''): (item: T) => Row<T> {
  return (first) => {
    const cells = cellsOf(first).map((_, index) => (index === 0 ? html('th', { scope: 'row' }) : html('td')));
    const element = html('tr', {}, ...cells);
    return {
      element,
      update: (item) => {
        cellsOf(item).forEach((text, index) => say(cells[index]!, text));
        set(element, 'class', classOf(item) || undefined);
      },
    };
  };
}

/** A table with a caption for those who don't see it, and its body, to be filled. */
export function table(caption: string, heads: readonly string[]): { readonly element: HTMLTableElement; readonly body: HTMLTableSectionElement } {
  const body = html('tbody');
  const element = html('table', {}, html('caption', {}, caption), html('thead', {}, html('tr', {}, ...heads.map((head) => html('th', { scope: 'col' }, head)))), body);
  return { element, body };
}

/**
 * What is made of a whole app, kept until the app changes. cdk8s validates all constructs before it synthesizes, and again for each chart
 * that it writes; without this every document would be built and linted with all others as often, so that the work of an app of
 * many charts grew with their square.
 *
 * A document is made of what constructs were created with, which never changes, and of what was added to them since: calls, versions,
 * Services for a workload. Code that adds something says so here, and what was made before is made anew when it is asked for. There is one count for
 * all apps of a process and all copies of this package in it (./copies.ts), since it costs a little work at worst.
 */
const ADDITIONS = Symbol.for('cdk8s-mesh.additions');
const counted = globalThis as { [ADDITIONS]?: number };

/** Something was added that a document may say. */
export function noteAddition(): void {
  counted[ADDITIONS] = additions() + 1;
}

/** How often something was added. */
export function additions(): number {
  return counted[ADDITIONS] ?? 0;
}

/** A value that is made when it is asked for, and made anew when it is asked for after an addition. */
export function untilAddition<T>(make: () => T): () => T {
  let made: { readonly at: number; readonly value: T } | undefined;
  return () => {
    if (made?.at !== additions()) {
      made = { at: additions(), value: make() };
    }
    return made.value;
  };
}

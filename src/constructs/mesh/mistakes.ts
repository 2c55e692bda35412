/**
 * When mistakes in props are told. A constructor that throws ends the program that makes an app, so of ten services with a mistake each, one is
 * told a run. With `Mistakes.TOGETHER`, a construct with mistakes notes them for the validation of the app and goes on with settings in their place
 * that are right, so that what comes after it is looked at, too. Nothing is synthesized then: cdk8s throws what the validations say, all of it.
 *
 * The price: what is wrong only because of the settings in place is told as well, and the stack trace is that of the synthesis. So the default
 * is to throw at once.
 */
import { IConstruct } from 'constructs';
import { PropMistakes } from '../props/validation-errors';

/**
 * When mistakes in the props of services are told.
 */
export enum Mistakes {
  /**
   * By the constructor, which throws.
   */
  AT_ONCE = 'AT_ONCE',
  /**
   * When the app is synthesized, with those of all other constructs. Synthesis throws them, and writes nothing.
   */
  TOGETHER = 'TOGETHER',
}

/** Props without mistakes, and what a check made of them. */
interface Sound<P, T> {
  readonly props: P;
  readonly checked: T;
}

/**
 * What a check makes of props, or of the first ones in their place that have no mistakes.
 *
 * @param mistakes when they are told
 * @param props what the user gave
 * @param check throws {@link PropMistakes}, and changes nothing
 * @param others props in their place, those that say the most first
 */
export function soundProps<P, T>(
  construct: IConstruct, mistakes: Mistakes, props: P, check: (props: P) => T, others: () => readonly P[],
): Sound<P, T> {
  try {
    return { props, checked: check(props) };
  } catch (error) {
    const checked = mistakes === Mistakes.TOGETHER && error instanceof PropMistakes ? firstSound(check, others()) : undefined;
    if (!checked) {
      throw error;
    }
    note(construct, error as PropMistakes);
    return checked;
  }
}

/** Does what props ask for. Returns false when they have mistakes that are told later, and nothing was done. */
export function noting(construct: IConstruct, mistakes: Mistakes, attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    if (mistakes !== Mistakes.TOGETHER || !(error instanceof PropMistakes)) {
      throw error;
    }
    note(construct, error);
    return false;
  }
}

function note(construct: IConstruct, { messages }: PropMistakes): void {
  construct.node.addValidation({ validate: () => [...messages] });
}

function firstSound<P, T>(check: (props: P) => T, others: readonly P[]): Sound<P, T> | undefined {
  for (const props of others) {
    try {
      return { props, checked: check(props) };
    } catch (error) {
      if (!(error instanceof PropMistakes)) {
        throw error;
      }
    }
  }
  return undefined;
}

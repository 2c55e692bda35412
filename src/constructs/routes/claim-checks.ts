/** What can be wrong with the condition of a claim. Forms and lengths come from the contract; what is left, the engine says. */
import { isList, isText, TextRule } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { Condition } from './condition';
import { shortened } from './route-names';

const TEXTS = {
  // #region generated texts of ClaimMatch
  name: { form: /^[!-~]+$/, longest: 256 },
  value: { form: /^.*$/, longest: 4_096 },
  regex: { form: /^[\t -~]+$/, longest: 1_024 },
  // #endregion
} satisfies Record<string, TextRule>;
const LISTS = {
  // #region generated lists of ClaimMatch
  path: { least: 1, most: 8 },
  // #endregion
};
const NUMBERS = {
  // #region generated quantities of ClaimMatch
  number: { field: 'number', unit: 'number', min: -9007199254740991, max: 9_007_199_254_740_991 },
  // #endregion
};
const NAME: TextRule = {
  // #region generated text of ClaimName
  form: /^.+$/,
  longest: 256,
  // #endregion
};

export function checkClaim(errors: ValidationErrors, prop: string, { said, claim }: Extract<Condition, { kind: 'claims' }>): void {
  const { name, path, value, regex } = claim;
  if (Object.hasOwn(claim, 'path')) {
    if (!Array.isArray(path) || !isList(LISTS.path, path) || !path.every((each) => isText(NAME, each) && each !== '')) {
      errors.add(prop, shortened(said), `give the names that lead to the claim as a list, such as ['realm_access', 'roles']; ${LISTS.path.most} at most, each with up to ${NAME.longest} characters`);
    }
  } else if (!isText(TEXTS.name, name) || name === '') {
    errors.add(prop, shortened(said), `name a claim, with up to ${TEXTS.name.longest} characters of printable ASCII without blanks; for another name use Match.claimPath(['...'])`);
  }
  if (value !== undefined && typeof value !== 'string') {
    errors.add(prop, said, remedyOf(value));
  } else if (value !== undefined && !isText(TEXTS.value, value)) {
    errors.add(prop, shortened(said), `use a text without line breaks, up to ${TEXTS.value.longest} characters`);
  }
  if (Object.hasOwn(claim, 'regex') && (!isText(TEXTS.regex, regex) || regex === '')) {
    errors.add(prop, shortened(said), `use a regular expression of printable ASCII, up to ${TEXTS.regex.longest} characters`);
  }
  checkScalars(errors, prop, said, claim);
}

function checkScalars(errors: ValidationErrors, prop: string, said: string, claim: Extract<Condition, { kind: 'claims' }>['claim']): void {
  const { number, boolean } = claim;
  const { min, max } = NUMBERS.number;
  if (Object.hasOwn(claim, 'number') && !(Number.isInteger(number) && number! >= min && number! <= max)) {
    errors.add(prop, said, 'use a whole number of at most 2^53 - 1; those who read tokens round others, so that two of them could look equal');
  }
  if (Object.hasOwn(claim, 'boolean') && typeof boolean !== 'boolean') {
    errors.add(prop, said, 'use true or false');
  }
}

function remedyOf(value: unknown): string {
  if (typeof value === 'number') {
    return 'the value is no text; use Match.claimNumber() for a number, or put it in quotes';
  }
  return typeof value === 'boolean' ? 'the value is no text; use Match.claimBoolean() for true and false, or put it in quotes' : 'the value is no text; put it in quotes';
}

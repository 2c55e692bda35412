/** Weights that say something else than they seem to. */
import { ofCalls, Rule, short } from './rule';

/** Sums from here to there are taken for percentages that don't add up. */
const LEAST_SUM = 80;
const LARGEST_SUM = 120;

const percentages: Rule = {
  name: 'route-weights',
  severity: 'warning',
  about: 'Weights of a route look like percentages, but don\'t add up to 100, so no target gets what its weight says.',
  find: ofCalls(({ route: { split } }) => {
    const weights = split.map(({ weight }) => weight).filter((weight) => weight > 0);
    const sum = weights.reduce((all, weight) => all + weight, 0);
    const areEqual = weights.every((weight) => weight === weights[0]);
    return sum === 100 || sum < LEAST_SUM || sum > LARGEST_SUM || areEqual ? undefined : {
      message: `weights ${weights.join(' + ')} = ${sum}, so the target with ${weights[0]} gets ${short(weights[0]! / sum * 100)} % of the requests`,
      remedy: 'make them add up to 100, or use numbers that nobody takes for percentages',
    };
  }),
};

export const WEIGHT_RULES: readonly Rule[] = [percentages];

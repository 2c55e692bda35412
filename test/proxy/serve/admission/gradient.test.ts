import { gradient, nextLimit } from '../../../../src/proxy/serve/admission/gradient';

// Worked out from the formula of Envoy's gradient controller, with headroom of the square root of the scaled limit.
test.each([[1, 110], [0.8, 88.9], [0.5, 57.1]])('GIVEN a limit of 100 and a gradient of %d THEN the next limit is %d', (scale, next) => {
  expect(nextLimit(100, scale)).toBeCloseTo(next, 1);
});

test('GIVEN places that are held for three times as long as the app takes THEN the gradient moves the app\'s part of them only', () => {
  expect(gradient(10, 40, 2, 60)).toBeCloseTo(0.8, 10);
});

test.each([
  ['as under little load, with a quarter to spare', 10, 10, 1.25, 1.25],
  ['at what is tolerated', 10, 20, 2, 1],
  ['twice what is tolerated', 10, 40, 2, 0.5],
  ['beyond that', 10, 4_000, 2, 0.5],
  ['nothing', 10, 0, 2, 2],
  ['less than under little load', 10, 1, 2, 2],
])('GIVEN latency is %s THEN the gradient keeps to its bounds', (_, rest, sample, tolerance, expected) => {
  expect(gradient(rest, sample, tolerance)).toBeCloseTo(expected, 10);
});

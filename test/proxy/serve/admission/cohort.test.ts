import { Cohort, COHORT_SIZE, SMALL_COHORT_SIZE } from '../../../../src/proxy/serve/admission/cohort';

const ALL = Array.from({ length: COHORT_SIZE }, (_, ticket) => ticket);

/** A cohort that these have come to. */
function of(tickets: readonly number[], now = 0): Cohort {
  const cohort = new Cohort();
  cohort.begin(now);
  for (const ticket of tickets) cohort.enter(ticket, now);
  return cohort;
}

test('GIVEN a full cohort WHEN nine tenths of it have ended THEN it is over, with their means', () => {
  const cohort = of(ALL);
  const enough = COHORT_SIZE * 0.9;
  const over = ALL.slice(0, enough).map((ticket) => cohort.end(ticket, ticket, ticket * 2, false, 1));
  expect(over.indexOf(true)).toBe(enough - 1);
  expect(cohort.meanMs).toBe((enough - 1) / 2);
  expect(cohort.meanHeldMs).toBe(enough - 1);
});

test('GIVEN requests that came before and after a cohort WHEN they end THEN they count for nobody', () => {
  const cohort = of(ALL.slice(0, 1));
  cohort.begin(1);
  for (const ticket of ALL) cohort.enter(ticket + 1, 1);
  cohort.enter(COHORT_SIZE + 1, 1);
  for (const other of [0, COHORT_SIZE + 1]) expect(cohort.end(other, 5_000, 5_000, false, 2)).toBe(false);
  expect(cohort.size).toBe(COHORT_SIZE);
  expect(cohort.ended).toBe(0);
});

test('GIVEN little traffic THEN a cohort is closed by a second with a few requests, behind one that has yet to end', () => {
  const cohort = of([]);
  for (let i = 1; i < SMALL_COHORT_SIZE; i += 1) {
    cohort.enter(i, i * 200);
    cohort.end(i, 5, 5, false, i * 200);
  }
  expect(cohort.size).toBe(SMALL_COHORT_SIZE - 1);
  cohort.enter(SMALL_COHORT_SIZE, 2_000);
  cohort.enter(SMALL_COHORT_SIZE + 1, 2_001);
  expect(cohort.size).toBe(SMALL_COHORT_SIZE);
  expect(cohort.end(SMALL_COHORT_SIZE, 5, 5, false, 2_005)).toBe(true);
});

test('GIVEN hardly any traffic THEN a cohort is begun again rather than spread over minutes', () => {
  const cohort = of([0]);
  cohort.enter(1, 60_000);
  expect(cohort.size).toBe(1);
  cohort.end(0, 60_001, 60_001, false, 60_001);
  expect(cohort.ended).toBe(0);
});

test('GIVEN requests that never got to the app THEN a cohort does without them, and is over when the others have ended', () => {
  const cohort = of(ALL);
  for (const ticket of ALL.slice(0, 40)) cohort.forget(ticket, 1);
  expect(ALL.slice(40).map((ticket) => cohort.end(ticket, 10, 10, false, 1))).toContain(true);
});

test('GIVEN nobody but such requests THEN it takes others', () => {
  const cohort = of(ALL);
  for (const ticket of ALL) expect(cohort.forget(ticket, 1)).toBe(false);
  cohort.enter(COHORT_SIZE, 2);
  expect(cohort.size).toBe(1);
});

describe('GIVEN a cohort of which some don\'t end', () => {
  test('THEN they are waited for, for a time after the last one came', () => {
    const cohort = of(ALL, 1_000);
    for (const ticket of ALL.slice(10)) expect(cohort.end(ticket, 10, 10, false, 1_010)).toBe(false);
    expect(cohort.waited(2_000, 2_999)).toBe(false);
    expect(cohort.waited(2_000, 3_000)).toBe(true);
    expect(cohort.tells).toBe(true);
    expect(cohort.meanMs).toBe(10);
  });

  test('WHEN hardly any did THEN it tells nothing', () => {
    const cohort = of(ALL);
    for (const ticket of ALL.slice(0, 4)) cohort.end(ticket, 10, 10, false, 10);
    expect(cohort.waited(2_000, 2_000)).toBe(true);
    expect(cohort.tells).toBe(false);
  });

  test('WHEN it is one of little traffic that nobody comes to any more THEN it is over as well', () => {
    const cohort = of(ALL.slice(0, SMALL_COHORT_SIZE));
    for (const ticket of ALL.slice(0, 6)) cohort.end(ticket, 10, 10, false, 10);
    expect(cohort.waited(2_000, 2_000)).toBe(true);
  });

  test('WHEN all of them did THEN it is not closed before another one comes, for its end', () => {
    const tickets = ALL.slice(0, SMALL_COHORT_SIZE);
    const cohort = of(tickets);
    for (const ticket of tickets) cohort.end(ticket, 10, 10, false, 10);
    expect(cohort.waited(2_000, 1_500)).toBe(false);
    cohort.enter(SMALL_COHORT_SIZE, 1_500);
    expect(cohort.end(SMALL_COHORT_SIZE, 10, 10, false, 1_510)).toBe(true);
  });
});

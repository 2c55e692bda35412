import { Cohort, COHORT_SIZE, SMALL_COHORT_SIZE, UNMEASURED } from '../../../../src/proxy/serve/admission/cohort';

function begun(now = 0): Cohort {
  const cohort = new Cohort();
  cohort.begin(now);
  return cohort;
}

test('GIVEN a full cohort WHEN nine tenths of it have ended THEN it is over, with their mean', () => {
  const cohort = begun();
  const tickets = Array.from({ length: COHORT_SIZE }, () => cohort.enter(0));
  expect(cohort.enter(0)).toBe(UNMEASURED);
  const enough = COHORT_SIZE * 0.9;
  const over = tickets.slice(0, enough).map((ticket, index) => cohort.end(ticket, index, false, 1));
  expect(over.indexOf(true)).toBe(enough - 1);
  expect(cohort.meanMs).toBe((enough - 1) / 2);
});

test('GIVEN a request of a cohort that was over WHEN it ends THEN it counts for nobody', () => {
  const cohort = begun();
  const late = cohort.enter(0);
  cohort.begin(1);
  cohort.enter(1);
  expect(cohort.end(late, 5_000, false, 2)).toBe(false);
  expect(cohort.ended).toBe(0);
});

test('GIVEN little traffic THEN a cohort is closed by a second with a few requests, behind one that has yet to end', () => {
  const cohort = begun();
  for (let i = 1; i < SMALL_COHORT_SIZE; i += 1) cohort.end(cohort.enter(i * 200), 5, false, i * 200);
  expect(cohort.size).toBe(SMALL_COHORT_SIZE - 1);
  const last = cohort.enter(2_000);
  expect(cohort.enter(2_001)).toBe(UNMEASURED);
  expect(cohort.end(last, 5, false, 2_005)).toBe(true);
});

test('GIVEN hardly any traffic THEN a cohort is begun again rather than spread over minutes', () => {
  const cohort = begun();
  const first = cohort.enter(0);
  expect(cohort.enter(60_000)).not.toBe(first);
  expect(cohort.size).toBe(1);
});

test('GIVEN requests that never got to the app THEN a cohort does without them, and is over when the others have ended', () => {
  const cohort = begun();
  const tickets = Array.from({ length: COHORT_SIZE }, () => cohort.enter(0));
  for (const ticket of tickets.slice(0, 40)) cohort.forget(ticket, 1);
  const over = tickets.slice(40).map((ticket) => cohort.end(ticket, 10, false, 1));
  expect(over).toContain(true);
});

test('GIVEN nobody but such requests THEN it takes others', () => {
  const cohort = begun();
  const tickets = Array.from({ length: COHORT_SIZE }, () => cohort.enter(0));
  for (const ticket of tickets) expect(cohort.forget(ticket, 1)).toBe(false);
  expect(cohort.enter(2)).not.toBe(UNMEASURED);
});

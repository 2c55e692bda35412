/** The page about `cdk8s-mesh check`, with every rule. */
import { code, page, table } from './markdown.mjs';

export function lintsPage({ RULES }) {
  return page('`cdk8s-mesh check`: policies checked against each other', [
    '```sh',
    'npx cdk8s synth',
    'npx cdk8s-mesh check dist/',
    '```',
    '',
    'finds policies that are sound one by one and can\'t work together: a limit that is never reached, a timeout inside a shorter',
    'one, a budget that blocks every drain. It reads what the constructs synthesize: Deployments and other workloads with the',
    'sidecar, HorizontalPodAutoscalers, PodDisruptionBudgets, Services and the proxies\' documents, with all defaults filled in.',
    'Each finding says where, shows the arithmetic, and what to do:',
    '',
    '```',
    '         rule           where              what, and what to do',
    'warning  ejection-cap   web -> catalog v1  maxEjectedPercent 10 of 3 endpoints is 0.3, rounded down 0; one is ejected in any case, which is 33.33 %',
    '                                           set maxEjectedPercent to 34 or more, or have 10 replicas',
    'warning  timeout-chain  web -> catalog     timeout 300 ms < 15000 ms of catalog -> db: when the caller has given up, the app works on unless it heeds x-mesh-deadline-ms',
    '                                           give catalog -> db a timeout of 300 ms or less, or this call a longer one',
    '',
    '0 errors, 2 warnings (3 workloads, 21 rules)',
    '```',
    '',
    'An *error* can\'t work; the exit code is then 1. A *warning* does nothing, or less than one may think; with `--strict` the',
    'exit code is 1 for warnings too. `--off ejection-cap` leaves a rule out. `--zones 3` and `--rps catalog=40` say what is not in',
    'the YAML; rules that need it are left out where it isn\'t known. Where an autoscaler decides about replicas, rules count with',
    'its fewest unless they say otherwise.',
    '',
    '## Rules',
    '',
    ...table(['Rule', 'Severity', 'What it finds'], RULES.map(({ name, severity, about }) => [code(name), severity, about])),
    '',
    'An app that calls itself through others in a circle ends a chain; how often it goes round is the apps\' matter. Calls to what',
    'is outside of the mesh count where they begin.',
  ]);
}

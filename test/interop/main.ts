import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import type { Difference } from './case.ts';
import type { PeerSystem } from './peer.ts';
import { report } from './report.ts';
import { runSystem, type PeerResult } from './system.ts';

/**
 * `npm run interop`: other AS2 systems, fetched by their own package managers, exchange with us in both directions over
 * HTTP. A run of all of them writes `docs/interop.md`. Exit status 1 when a case failed, 2 for wrong use.
 */
const root = path.resolve(import.meta.dirname, '../..');
const names = ['openssl', 'libas2', 'pyas2', 'openas2', 'phase2', 'camel'] as const;

const { values } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true, default: [] },
    case: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(`npm run interop -- [options]

  --peer NAME   only this one; again for more: ${names.join(', ')}
  --case TEXT   only cases with this text in their name; again for more of it
  --json        results as JSON on stdout
  --keep        leave what the run wrote (configuration, logs, payloads of the peers)
`);
  process.exit(0);
}
const wanted = values.peer.flatMap((each) => each.split(','));
const unknown = wanted.find((each) => !(names as readonly string[]).includes(each));
if (unknown !== undefined) {
  process.stderr.write(`There is no peer ${unknown}: it is one of ${names.join(', ')}.\n`);
  process.exit(2);
}
// So that what was started is ended: the peers' processes are, when this one exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const say = (text: string) => process.stderr.write(text);
const results: PeerResult[] = [];
for (const name of names.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const module = (await import(`./peers/${name}.ts`)) as Record<string, PeerSystem>;
  const system = module[name];
  if (system === undefined) throw new Error(`peers/${name}.ts has no ${name}`);
  say(`${system.title}: fetching, starting\n`);
  const result = await runSystem(system, {
    fetched: path.join(root, '.peers'),
    only: values.case,
    progress(done, total, last) {
      if (last?.outcome === 'failed') say(`\r  failed: ${last.case.id}: ${last.problems.join('; ')}\n`);
      if (process.stderr.isTTY) say(`\r  ${done} of ${total} cases`);
    },
    ...(values.keep && { keep: (folder: string) => say(`  ${folder}\n`) }),
  });
  results.push(result);
  say(process.stderr.isTTY ? '\r' : '');
  say(`  ${summary(result)}\n`);
  for (const { what } of overcome(result)) say(`  no longer met, to be taken out: ${what}\n`);
}

if (wanted.length === 0 && values.case.length === 0) {
  await writeFile(path.join(root, 'docs/interop.md'), report(results, new Date()));
}
const count = (outcome: string) =>
  results.reduce((sum, each) => sum + (each.kind === 'run' ? countOf(each, outcome) : 0), 0);
const failed = count('failed');
const skipped = results.filter(({ kind }) => kind === 'not run').length;
if (values.json) process.stdout.write(`${JSON.stringify(results.map(plain), textOf, 2)}\n`);
else process.stdout.write(`${count('passed')} passed, ${failed} failed, ${skipped} skipped\n`);
process.exit(failed > 0 ? 1 : 0);

function countOf(result: PeerResult & { kind: 'run' }, outcome: string): number {
  return result.results.filter((each) => each.outcome === outcome).length;
}

/** Differences that were tried, and every case of them passed. */
function overcome(result: PeerResult): readonly Difference[] {
  if (result.kind === 'not run') return [];
  const met = (wanted: boolean) =>
    result.results.flatMap(({ outcome, difference }) =>
      difference !== undefined && difference.tried !== false && (outcome === 'passed') === wanted ? [difference] : [],
    );
  const failing = met(false);
  return [...new Set(met(true))].filter((each) => !failing.includes(each));
}

function summary(result: PeerResult): string {
  if (result.kind === 'not run') return `not run: ${result.reason}`;
  const parts = (['passed', 'failed', 'not supported'] as const).map((each) => `${countOf(result, each)} ${each}`);
  return `${result.version}: ${parts.join(', ')}`;
}

function plain(result: PeerResult) {
  const { system } = result;
  if (result.kind === 'not run') return { peer: system.name, notRun: result.reason };
  return { peer: system.name, version: result.version, cases: result.results };
}

function textOf(_name: string, value: unknown): unknown {
  return value instanceof RegExp ? value.source : value;
}

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';

import type { Difference } from './case.ts';
import { endWhenAsked } from './child.ts';
import { peers } from './peers.ts';
import { report } from './report.ts';
import { runSystem, type PeerResult } from './system.ts';

/**
 * `npm run interop`: other AS2 systems, fetched by their own package managers, exchange with us in both directions over
 * HTTP. A run in which all of them took part writes `docs/interop.md`. On stdout it says how many cases passed and failed, and
 * how many peers were skipped because they cannot be had here. Exit status 1 when a case failed, a peer broke down, or
 * nothing was run; 2 for wrong use.
 */
const root = path.resolve(import.meta.dirname, '../..');
const names = peers.map(({ name }) => name);

const usage = `npm run interop -- [options]

  --peer NAME   only this one; again for more: ${names.join(', ')}
  --case TEXT   only cases with this text in their name; again for more of it
  --json        results as JSON on stdout
  --keep        leave what the run wrote (configuration, logs, payloads of the peers)
`;
const { values } = parsed({
  options: {
    peer: { type: 'string', multiple: true, default: [] },
    case: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const wanted = values.peer.flatMap((each) => each.split(','));
const unknown = wanted.find((each) => !names.includes(each));
if (unknown !== undefined) wrongUse(`There is no peer ${unknown}: it is one of ${names.join(', ')}.`);
endWhenAsked();

const say = (text: string) => process.stderr.write(text);
const results: PeerResult[] = [];
for (const system of peers.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  say(`${system.title}: fetching, starting\n`);
  const result = await runSystem(system, {
    fetched: path.join(root, '.peers'),
    only: values.case,
    progress(done, total, last) {
      if (last?.outcome === 'failed') say(`\r  failed: ${last.case.id}: ${last.problems.join('; ')}\n`);
      if (last?.before) say(`\r  at the second attempt: ${last.case.id}: ${last.before.join('; ')}\n`);
      if (process.stderr.isTTY) say(`\r  ${done} of ${total} cases`);
    },
    ...(values.keep && { keep: (folder: string) => say(`  ${folder}\n`) }),
  });
  results.push(result);
  say(process.stderr.isTTY ? '\r' : '');
  say(`  ${summary(result)}\n`);
  for (const { what } of overcome(result)) say(`  no longer met, to be taken out: ${what}\n`);
}

const skipped = results.filter((each) => each.kind === 'not run');
const count = (outcome: string) =>
  results.reduce((sum, each) => sum + (each.kind === 'run' ? countOf(each, outcome) : 0), 0);
const ran = results.reduce((sum, each) => sum + (each.kind === 'run' ? each.results.length : 0), 0);
if (ran === 0 && skipped.length === 0) wrongUse(`No case has ${values.case.join(' and ')} in its name.`);
if (wanted.length === 0 && values.case.length === 0) {
  // A peer that cannot be had today leaves what was found with it.
  if (skipped.length > 0) say('docs/interop.md stays as it is: it is written when all peers were run.\n');
  else await writeFile(path.join(root, 'docs/interop.md'), report(results, new Date()));
}
const failed = count('failed');
if (values.json) process.stdout.write(`${JSON.stringify(results.map(plain), textOf, 2)}\n`);
else
  process.stdout.write(`${count('passed')} passed, ${failed} failed, ${skipped.length} skipped${atSecond(results)}\n`);
const broken = skipped.some((each) => each.broken);
process.exit(failed > 0 || broken || ran === 0 ? 1 : 0);

/** `parseArgs`, of whose errors nobody wants the stack. */
function parsed<T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    return wrongUse(`${(error as Error).message}\n\n${usage}`);
  }
}

function wrongUse(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}

/** Of cases that did not go so at the first. */
function atSecond(some: readonly PeerResult[]): string {
  const again = some.flatMap((each) => (each.kind === 'run' ? each.results.filter((result) => result.again) : []));
  return again.length === 0 ? '' : `, ${again.length} at the second attempt`;
}

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
  return `${result.version}: ${parts.join(', ')}${atSecond([result])}`;
}

function plain(result: PeerResult) {
  const { system } = result;
  if (result.kind === 'not run') return { peer: system.name, notRun: result.reason, broken: result.broken };
  return { peer: system.name, version: result.version, cases: result.results };
}

function textOf(_name: string, value: unknown): unknown {
  return value instanceof RegExp ? value.source : value;
}

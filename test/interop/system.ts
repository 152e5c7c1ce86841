import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from '../support/free-port.ts';
import { casesOf, differenceOf, type Case, type Difference, type Direction } from './case.ts';
import { ourDifferences } from './differences.ts';
import { makeKeys } from './keys.ts';
import { startOurs } from './ours.ts';
import { NotHad, type PeerSystem } from './peer.ts';
import { runCase, type Scene } from './run.ts';

/** What became of one case. */
export interface Result {
  readonly case: Case;
  readonly outcome: 'passed' | 'failed' | 'not supported';
  /** Why it did not pass, in the words of both sides. */
  readonly problems: readonly string[];
  readonly difference?: Difference;
  /** It went so at the second attempt; what was wrong at the first. Peers have races of their own. */
  readonly again?: true;
  readonly before?: readonly string[];
  /** Both sides told a MIC. */
  readonly micCompared: boolean;
}

/** What became of one peer. */
export type PeerResult = { readonly system: PeerSystem } & (
  | {
      readonly kind: 'not run';
      readonly reason: string;
      /** Not for want of it: something went wrong. */ readonly broken: boolean;
    }
  | { readonly kind: 'run'; readonly version: string; readonly results: readonly Result[] }
);

export interface Options {
  /** Where fetched systems are kept. */
  readonly fetched: string;
  /** Text that the name of a case has to contain. */
  readonly only: readonly string[];
  readonly progress: (done: number, total: number, last: Result | undefined) => void;
  /** Told where what the run wrote is left; it is deleted otherwise. */
  readonly keep?: ((folder: string) => void) | undefined;
}

/** Fetches, starts and drives one system through its cases, and stops it. */
export async function runSystem(system: PeerSystem, options: Options): Promise<PeerResult> {
  const fetched = path.join(options.fetched, system.name);
  const folder = mkdtempSync(path.join(tmpdir(), `interop-${system.name}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // There are private keys in it: also when the run is broken off.
  if (options.keep === undefined) process.once('exit', remove);
  try {
    const version = await system.fetch(fetched);
    return { system, kind: 'run', version, results: await runCases(system, fetched, folder, options) };
  } catch (error) {
    // The other peers run all the same.
    return { system, kind: 'not run', ...reasonOf(error) };
  } finally {
    process.off('exit', remove);
    if (options.keep === undefined) remove();
    else options.keep(folder);
  }
}

function reasonOf(error: unknown): { reason: string; broken: boolean } {
  if (error instanceof NotHad) return { reason: error.message, broken: false };
  const { code, syscall, path: program, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && syscall?.startsWith('spawn') === true)
    return { reason: `there is no ${program ?? 'program'}`, broken: false };
  return { reason: message.replace(/\s+/g, ' '), broken: true };
}

/** Every case of a system, numbered. */
export function allCases({ differences }: PeerSystem): Case[] {
  const known = [...ourDifferences, ...differences];
  return (['to-peer', 'from-peer'] as Direction[])
    .flatMap((direction) => casesOf(direction, known))
    .map((each, index) => ({ ...each, number: index + 1 }));
}

async function runCases(system: PeerSystem, fetched: string, folder: string, options: Options): Promise<Result[]> {
  const known = [...ourDifferences, ...system.differences];
  const wanted = allCases(system).filter(({ id }) => options.only.every((text) => id.includes(text)));
  const results: Result[] = wanted.flatMap((each) => {
    const difference = differenceOf(each, known);
    return difference === undefined || difference.tried !== false
      ? []
      : [{ case: each, outcome: 'not supported', problems: [], difference, micCompared: false }];
  });
  const cases = wanted.filter((each) => !results.some((result) => result.case === each));
  const tell = (last?: Result) => options.progress(results.length, wanted.length, last);
  tell();
  if (cases.length === 0) return results;

  const [port, port2] = [await freePort(), await freePort()];
  const made = (name: string) =>
    mkdir(path.join(folder, name), { recursive: true }).then(() => path.join(folder, name));
  const keys = await makeKeys(await made('keys'));
  const peerUrl = (number: number) => system.urlAt(port, number);
  const ours = await startOurs({ keys, cases, peerUrl, peerPorts: [port, port2], send: system.send });
  try {
    const agreements = ours.agreements.filter(
      ({ case: { event, direction } }) => event !== 'unknown-partner' || direction === 'from-peer',
    );
    const peer = await system.start({ fetched, folder: await made('peer'), port, port2, agreements });
    try {
      const scene = { ours, peer, keys, folder: await made('payloads') };
      const waiting = [...cases];
      const lane = async () => {
        for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
          const difference = differenceOf(each, known);
          const first = await attempt(each, scene, difference);
          const second = first.outcome === 'failed' ? await attempt(each, scene, difference) : first;
          const again = second !== first && second.outcome !== 'failed';
          const result = again ? { ...second, again, before: first.problems } : first;
          results.push(result);
          tell(result);
        }
      };
      await Promise.all(Array.from({ length: system.lanes }, lane));
    } finally {
      await peer.stop();
    }
  } finally {
    await ours.stop();
  }
  return results.sort((a, b) => a.case.number - b.case.number);
}

async function attempt(each: Case, scene: Scene, difference: Difference | undefined): Promise<Result> {
  const { problems, micCompared } = await runCase(each, scene);
  const isStated = (problem: string) =>
    difference !== undefined && difference.tried !== false && difference.tried.test(problem);
  const outcome = problems.length === 0 ? 'passed' : problems.every(isStated) ? 'not supported' : 'failed';
  return { case: each, outcome, problems, micCompared, ...(difference && { difference }) };
}

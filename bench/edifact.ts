import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from '../test/support/temporary.ts';
import { writeInterchange } from './edifact-file.ts';
import { median } from './load.ts';

export interface EdifactRow {
  readonly what: string;
  /** Octets. */
  readonly size: number;
  /** MB a second, median of the rounds. */
  readonly rate: number;
  /** Beside the other library in the same rounds; undefined for what it does not do. */
  readonly ratio: number | undefined;
  /** MiB, of the whole process. */
  readonly peak: number;
}

const PEER = 'edifact@1.2.12';
const fetched = path.resolve(import.meta.dirname, '../.peers/edifact');

/** Reading the same EDIFACT by ours and by the npm package `edifact`, each in a process of its own, in turns. */
export function measureEdifact(rounds: number): EdifactRow[] {
  const parser = path.join(fetched, 'node_modules/edifact/parser.js');
  if (!existsSync(parser)) {
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', fetched, PEER]);
  }
  const folder = temporaryFolder('countersign-edifact');
  const usual = writeInterchange(path.join(folder, 'usual.edi'), 3000);
  const small = writeInterchange(path.join(folder, 'small.edi'), 3_500);
  const large = writeInterchange(path.join(folder, 'large.edi'), 350_000);
  const tasks = [
    ['npm `edifact` 1.2.12, bare parse', 'peer', usual, '2'],
    ['tokenize', 'tokenize', usual, '2'],
    ['tokenize and validate', 'validate', usual, '2'],
    ['the same from a file, in pieces', 'stream', small, '2'],
    ['the same from a file, in pieces', 'stream', large, '5'],
    ['the same, the first time', 'stream', large, '0'],
  ] as const;
  const measured = tasks.map((): { rate: number; peak: number }[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, [, what, file, seconds]] of tasks.entries()) {
      const { size } = statSync(file);
      const env = { ...process.env, PEER: parser, SIZE: String(size) };
      const run = path.join(import.meta.dirname, 'edifact-run.ts');
      const arguments_ = ['--import', path.join(import.meta.dirname, 'typescript.mjs'), run, what, file, seconds];
      const out = execFileSync(process.execPath, arguments_, { env, encoding: 'utf8' });
      const { ms, peak } = JSON.parse(out) as { ms: number; peak: number };
      measured[index]?.push({ rate: size / 1000 / ms, peak });
    }
  }
  const theirs = measured[0]?.map(({ rate }) => rate) ?? [];
  return tasks.map(([what, name, file], index) => {
    const own = measured[index] ?? [];
    const beside = own.map(({ rate }, round) => rate / (theirs[round] ?? Number.NaN));
    return {
      what,
      size: statSync(file).size,
      rate: median(own.map(({ rate }) => rate)),
      ratio: name === 'tokenize' || name === 'validate' ? median(beside) : undefined,
      peak: median(own.map(({ peak }) => peak)),
    };
  });
}

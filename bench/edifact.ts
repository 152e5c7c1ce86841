import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from '../test/support/temporary.ts';
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
  const usual = write(path.join(folder, 'usual.edi'), 3000);
  const small = write(path.join(folder, 'small.edi'), 3_500);
  const large = write(path.join(folder, 'large.edi'), 350_000);
  const tasks = [
    ['npm `edifact` 1.2.12, bare parse', 'peer', usual],
    ['tokenize', 'tokenize', usual],
    ['tokenize and validate', 'validate', usual],
    ['the same from a file, in pieces', 'stream', small],
    ['the same from a file, in pieces', 'stream', large],
  ] as const;
  const measured = tasks.map((): { rate: number; peak: number }[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, [, what, file]] of tasks.entries()) {
      const { size } = statSync(file);
      const env = { ...process.env, PEER: parser, SIZE: String(size) };
      const seconds = file === large ? '0' : '2';
      const run = path.join(import.meta.dirname, 'edifact-run.ts');
      const out = execFileSync(process.execPath, ['--import', 'tsx', run, what, file, seconds], {
        env,
        encoding: 'utf8',
      });
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

/** An interchange of messages of 15 segments each. */
function write(file: string, messages: number): string {
  const out = openSync(file, 'w');
  writeSync(out, "UNB+UNOC:3+AUDAFF:ZZZ+USCBP:ZZZ+261102:0930+AU0000000417++ECERT'");
  for (let first = 1; first <= messages; first += 1000) {
    const count = Math.min(1000, messages - first + 1);
    writeSync(out, Array.from({ length: count }, (_, index) => message(first + index)).join(''));
  }
  writeSync(out, `UNZ+${messages}+AU0000000417'`);
  closeSync(out);
  return file;
}

function message(reference: number): string {
  const line = (number: number) => [`LIN+${number}`, 'MEA+AAJ+AAI+KGM:18000', 'PIA+5+020230:HS'];
  const body = [
    `BGM+811+6AU${String(reference % 1_000_000).padStart(6, '0')}+9`,
    'DTM+182:20261030:102',
    'LOC+27+AU',
    'RFF+ABJ:BEEF',
    'PNA+IM+12-345678900',
    'PNA+MF+AUEXAMEA123SYD++++1:EXAMPLE MEATS',
    ...line(1),
    ...line(2),
    'FTX+AAI+++FROZEN BONELESS BEEF',
  ];
  return [`UNH+${reference}+SANCRT:D:97B:UN`, ...body, `UNT+${body.length + 2}+${reference}`, ''].join("'");
}

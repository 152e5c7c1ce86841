import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import path from 'node:path';

import { until } from '../support/until.ts';

export interface Child {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

export interface ChildOptions {
  /** Working directory; what it writes is kept there in `output.log`. */
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Addresses that answer, with whatever, once it is up. */
  readonly ready: readonly string[];
}

const running = new Set<ChildProcess>();

/** Of a process in a group of its own: that ends with this one. */
export function endsWithUs(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Also when the run itself is broken off. */
process.on('exit', () => running.forEach((child) => end(child, 'SIGKILL')));

/** Ends this process when it is asked to, or when who started it is gone. */
export function endWhenAsked(): void {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const above = processesAbove();
  const look = () => {
    if (processesAbove() === above) return;
    process.stderr.write('Who started this is gone.\n');
    process.exit(143);
  };
  setInterval(look, 1_000).unref();
}

/**
 * tsx, and who started that: when `npm run` or `npx` is asked to end, it is the shell between them that dies, and no signal
 * comes further down.
 */
function processesAbove(): string {
  const { ppid, platform } = process;
  if (platform !== 'linux') return `${ppid}`;
  try {
    // proc(5): the fourth field, after a name that may hold blanks
    return `${ppid} ${/\) \S (\d+)/.exec(readFileSync(`/proc/${ppid}/stat`, 'latin1'))?.[1]}`;
  } catch {
    return ''; // it has just ended
  }
}

/** Starts a process in a group of its own and waits until it can be reached. @throws when it ends before, or in vain */
export async function startChild(command: string, args: readonly string[], options: ChildOptions): Promise<Child> {
  const { folder, environment, ready } = options;
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  endsWithUs(child);
  const log = path.join(folder, 'output.log');
  const kept = createWriteStream(log);
  child.stdout.pipe(kept, { end: false });
  child.stderr.pipe(kept, { end: false });
  const failed = once(child, 'error').then(([error]) => error as Error);
  const ended = once(child, 'exit');
  const stop = async () => {
    end(child, 'SIGTERM');
    const force = setTimeout(() => end(child, 'SIGKILL'), 5_000);
    await ended;
    clearTimeout(force);
    // What it started itself goes with it.
    end(child, 'SIGKILL');
  };
  const gone = Promise.race([failed, ended.then(() => new Error('it ended'))]).then(async (reason) => {
    if ((reason as NodeJS.ErrnoException).code === 'ENOENT') throw reason;
    const said = await readFile(log, 'utf8');
    throw new Error(`${command} did not come up: ${reason.message}\n${said.slice(-2_000)}`);
  });
  gone.catch(() => undefined);
  try {
    const up = ready.map((url) => until(`${command} answers at ${url}`, () => answers(url), 60_000));
    await Promise.race([gone, Promise.all(up)]);
  } catch (error) {
    if (child.pid !== undefined) await stop();
    throw error;
  }
  return { pid: child.pid ?? 0, stop };
}

function end(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // gone already
  }
}

function answers(url: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const answered = (response: IncomingMessage) => {
      response.resume();
      resolve(true);
    };
    const asked = url.startsWith('https:')
      ? requestTls(url, { timeout: 5_000, rejectUnauthorized: false }, answered)
      : request(url, { timeout: 5_000 }, answered);
    asked.on('error', () => setTimeout(() => resolve(undefined), 100));
    asked.on('timeout', () => asked.destroy());
    asked.end();
  });
}

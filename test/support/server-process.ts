import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import type { TestHome } from './home.ts';

/** A server in a process of its own, which can be killed at any moment. */
export interface ServerProcess {
  readonly url: string;
  /** Without a word, as a power cut does; resolves when nothing of it is left. */
  kill(): Promise<void>;
}

/** @throws what it wrote to stderr, when it does not come up */
export async function startServerProcess({ directory }: TestHome): Promise<ServerProcess> {
  const args = ['--import', 'tsx', 'src/cli/main.ts', '--home', directory, '--json', 'serve'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const url = await addressOf(child);
  return {
    url,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function addressOf({ stdout, stderr, ...child }: ChildProcess): Promise<string> {
  let printed = '';
  let complaint = '';
  stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  return new Promise((resolve, reject) => {
    stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      try {
        resolve((JSON.parse(printed) as { as2Address: string }).as2Address);
      } catch {
        // not all of it yet
      }
    });
    stdout?.once('close', () => reject(new Error(`The server of process ${child.pid} did not start: ${complaint}`)));
  });
}

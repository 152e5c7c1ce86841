import { registerAudit } from '../../src/cli/audit.ts';
import { registerDemo } from '../../src/cli/demo.ts';
import { registerEcert } from '../../src/cli/ecert.ts';
import { registerMdn } from '../../src/cli/mdn.ts';
import { registerMessage } from '../../src/cli/message.ts';
import { run } from '../../src/cli/program.ts';
import { registerSend } from '../../src/cli/send.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as bytes. */
  readonly bytes: Buffer;
}

const nouns = [registerSend, registerMessage, registerMdn, registerEcert, registerAudit, registerDemo];

/** A stream that takes everything at once. */
const streamTo = (take: (text: string | Uint8Array) => unknown) => ({
  write(text: string | Uint8Array) {
    take(text);
    return true;
  },
  once: () => undefined,
});

/** Runs a command line in this process, as a terminal would show it. */
export async function countersign(home: string, ...args: string[]): Promise<Ran> {
  const out: Buffer[] = [];
  const err: string[] = [];
  const terminal = {
    stdout: streamTo((text) => out.push(Buffer.from(text))),
    stderr: streamTo((text) => err.push(text.toString())),
    env: {},
    now: () => new Date(),
  };
  const status = await run(['--home', home, ...args], terminal, nouns);
  const bytes = Buffer.concat(out);
  return { status, stdout: bytes.toString('utf8'), stderr: err.join(''), bytes };
}

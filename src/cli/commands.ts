import { constants } from 'node:os';

import { registerAudit } from './audit.ts';
import { registerConfig } from './config.ts';
import { registerDemo } from './demo.ts';
import { registerEcert } from './ecert.ts';
import { registerEdi } from './edi.ts';
import { registerInit } from './init.ts';
import { registerKey } from './key.ts';
import { registerMdn } from './mdn.ts';
import { registerMessage } from './message.ts';
import { registerPartner } from './partner.ts';
import { run } from './program.ts';
import { registerSend } from './send.ts';
import { registerServe } from './serve.ts';
import { registerSimulate } from './simulate.ts';

const nouns = [
  registerInit,
  registerServe,
  registerSend,
  registerSimulate,
  registerPartner,
  registerKey,
  registerMessage,
  registerMdn,
  registerEdi,
  registerEcert,
  registerAudit,
  registerConfig,
  registerDemo,
];
const { stdin, stdout, stderr, env } = process;
const terminal = { stdin, stdout, stderr, env, now: () => new Date() };

// Whoever reads our output may have had enough of it (`| head`). What was not finished has not gone well: as shells say it,
// it ends by SIGPIPE.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? 128 + constants.signals.SIGPIPE);
});

process.exitCode = await run(process.argv.slice(2), terminal, nouns);

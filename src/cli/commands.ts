import { registerAudit } from './audit.ts';
import { registerConfig } from './config.ts';
import { registerDemo } from './demo.ts';
import { registerEcert } from './ecert.ts';
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
  registerEcert,
  registerAudit,
  registerConfig,
  registerDemo,
];
const terminal = { stdout: process.stdout, stderr: process.stderr, env: process.env, now: () => new Date() };

// Whoever reads our output may have had enough of it (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await run(process.argv.slice(2), terminal, nouns);

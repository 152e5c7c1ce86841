import type { Command } from 'commander';

import { createLog } from '../telemetry/log.ts';
import { startEndpoint } from './endpoint.ts';
import { printResult, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';

export function registerServe(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .description('receive, answer and send, until SIGTERM; SIGHUP takes the configuration anew')
    .action(async (_options: unknown, command: Command) => {
      const { home, json } = optionsOf(command);
      const log = createLog('info');
      const endpoint = await startEndpoint(home, terminal.env, log);
      const { as2Address, operatorsAddress } = endpoint;
      printResult(
        terminal,
        json,
        { as2Address, operatorsAddress },
        `AS2        ${as2Address}\noperators  ${operatorsAddress}`,
      );

      process.on('SIGHUP', () => {
        endpoint.reload().then(
          () => log.info('Configuration loaded'),
          // Whatever it is: what runs goes on.
          (error: unknown) => log.error({ err: error }, 'Configuration not loaded; the old one holds'),
        );
      });
      await new Promise<void>((resolve) => {
        process.once('SIGTERM', () => resolve());
        process.once('SIGINT', () => resolve());
      });
      log.info('Stopping: what is in hand is ended');
      await endpoint.stop();
    });
}

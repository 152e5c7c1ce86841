import type { Home, Partner } from '../config/home.ts';
import { partnerByShortName } from '../config/home.ts';
import type { Party } from '../edifact/interchange.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Player, StepResult } from '../exchange/simulation.ts';
import { openInbox, type Inbox } from '../exchange/simulation-inbox.ts';
import { createLog } from '../telemetry/log.ts';
import { startEndpoint, type RunningEndpoint } from './endpoint.ts';
import { CommandError, paint, printable, type Terminal } from './output.ts';

/** A home that plays a participant: served, so that the agency's answers have where to go. */
export interface PlayingHome {
  readonly endpoint: RunningEndpoint;
  readonly exchange: Exchange;
  readonly inbox: Inbox;
}

/** @throws what starting an endpoint throws */
export async function servePlaying(directory: string, env: Terminal['env']): Promise<PlayingHome> {
  const inbox = openInbox();
  let exchange: Exchange | undefined;
  const quiet = { COUNTERSIGN_LOG_LEVEL: 'error', ...env, COUNTERSIGN_OPERATORS_PORT: '0' };
  const endpoint = await startEndpoint(directory, quiet, createLog('error'), (opened) => {
    exchange = opened;
    return inbox.start(opened);
  });
  if (exchange === undefined) throw new CommandError('The home is not served.');
  return { endpoint, exchange, inbox };
}

/** Who plays, and against whom. @throws CommandError */
export function partiesOf(home: Home, shortName: string, as?: Party): Pick<Player, 'partner' | 'sender' | 'recipient'> {
  const partner = activePartner(home, shortName);
  const own = home.endpoint.edifact.identities;
  const sender =
    as === undefined ? own[0] : own.find(({ id, qualifier }) => id === as.id && qualifier === as.qualifier);
  if (sender === undefined) throw new CommandError('--as names none of `edifact.identities` in countersign.yaml.');
  const [recipient] = partner.edifact.identities;
  if (recipient === undefined) throw new CommandError(`partners/${shortName}.yaml has no \`edifact.identities\`.`);
  return { partner, sender, recipient };
}

function activePartner(home: Home, shortName: string): Partner {
  const partner = partnerByShortName(home, shortName);
  if (partner?.active === true) return partner;
  throw new CommandError(`There is no active partner ${shortName}. \`countersign partner list\` shows those that are.`);
}

/** What was expected of a step, and what came. */
export function described({ checks }: StepResult): string {
  const lines = checks.map(({ what, expected, got, ok }) =>
    printable(`      ${ok ? ' ' : '!'} ${what}: ${got}${ok ? '' : `, expected ${expected}`}`),
  );
  return lines.join('\n');
}

/** The step in one line. */
export function headline({ step, ok, took }: StepResult, count: number, terminal: Terminal): string {
  const verdict = ok
    ? paint(terminal, terminal.stdout, 'green', 'ok')
    : paint(terminal, terminal.stdout, 'red', 'NOT OK');
  return `${String(count).padStart(3)}  ${verdict}  ${printable(step)} (${took} ms)`;
}

import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * The operator's log: one JSON object a line, on stderr, so that stdout stays free for results.
 * Values that partners sent are fields, never part of the message text: a log line cannot be forged.
 */
export function createLog(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}

import type { As2Error } from '../errors.ts';

/** What became of a message (RFC 4130 §7.4.3): `automatic-action/MDN-sent-automatically; TYPE[/MODIFIER[: TEXT]]`. */
export interface Disposition {
  /** lower case; ours are `processed` and `failed` */
  readonly type: string;
  /** lower case; ours are `error` and `failure`; others send `warning` too, and `failed` of old */
  readonly modifier?: string;
  readonly text?: string;
}

/** RFC 4130 §7.5.2: success, and nothing else to say. */
export const processed: Disposition = { type: 'processed' };

/** RFC 4130 §7.5.3, §7.5.4 */
export function dispositionOf(fault: As2Error): Disposition {
  const type = fault.severity === 'failure' ? 'failed' : 'processed';
  return { type, modifier: fault.severity, text: fault.modifier };
}

/** RFC 4130 §7.4.4 */
export function formatDisposition(disposition: Disposition): string {
  return `automatic-action/MDN-sent-automatically; ${formatOutcome(disposition)}`;
}

/** `processed/error: decryption-failed` */
export function formatOutcome({ type, modifier, text }: Disposition): string {
  return type + (modifier === undefined ? '' : `/${modifier}`) + (text === undefined ? '' : `: ${text}`);
}

/**
 * Reads the spellings that are about: any case, blanks and tabs, one mode or none, `processed; error`, `failure=text`.
 * Undefined when no disposition type is in it.
 */
export function parseDisposition(value: string): Disposition | undefined {
  const found = outcome.exec(value.replace(/\s+/g, ' ').trim());
  const [, type, modifier, text] = found ?? [];
  if (type === undefined) return undefined;
  return {
    type: type.toLowerCase(),
    ...(modifier !== undefined && { modifier: modifier.toLowerCase() }),
    ...(text !== undefined && text !== '' && { text }),
  };
}

/** The last but optional part: RFC 3798 §3.2.6 has more types than AS2 uses; they are read, so that they can be named. */
const outcome =
  /(?:^|;) ?(processed|failed|displayed|dispatched|deleted|denied) ?(?:[/;] ?([a-z-]+) ?(?:[:=] ?(.*))?)?$/i;

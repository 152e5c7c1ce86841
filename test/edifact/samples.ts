import { readInterchange } from '../../src/edifact/reader.ts';
import type { Interchange } from '../../src/edifact/interchange.ts';

/** UNB of the samples, without its terminator. */
export const unb = 'UNB+UNOC:3+AUDAFF:ZZZ+USCBP:ZZZ+261102:0930+AU0000000417';

/** One message as bytes would spell it, counted rightly. */
export function message(reference: string, type = 'SANCRT:D:97B:UN', body = ['BGM+811+6AU000123+9']): string {
  return [`UNH+${reference}+${type}`, ...body, `UNT+${body.length + 2}+${reference}`, ''].join("'");
}

/** An interchange around these messages, counted rightly. */
export function interchange(messages: readonly string[], header = unb): string {
  return `${header}'${messages.join('')}UNZ+${messages.length}+AU0000000417'`;
}

export function read(text: string): Interchange {
  return readInterchange(Buffer.from(text, 'latin1'));
}

/** The faults of an interchange and of its messages, as `level code tag`. */
export function faultsIn({ findings, messages }: Interchange): readonly string[] {
  return [...findings, ...messages.flatMap((each) => each.findings)].map(
    ({ level, code, tag }) => `${level} ${code} ${tag}`,
  );
}

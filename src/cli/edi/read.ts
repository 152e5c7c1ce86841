import { loadDirectory } from '../../edifact/directory.ts';
import { UnreadableInterchange } from '../../edifact/errors.ts';
import { readPayload, type PayloadEvent } from '../../edifact/payload.ts';
import { EDIFACT_STREAM_LIMITS } from '../../limits.ts';
import type { Input } from './input.ts';

/** Everything in a file, with every fault; what is no interchange at all is told as skipped too. */
export async function* eventsIn({ source }: Input, headersOnly: boolean): AsyncGenerator<PayloadEvent> {
  const settings = { ...EDIFACT_STREAM_LIMITS, directories: loadDirectory, groups: true, headersOnly };
  let told = false;
  try {
    for await (const event of readPayload(source.pieces(), settings)) {
      told ||= event.kind === 'skipped';
      yield event;
    }
  } catch (error) {
    if (!(error instanceof UnreadableInterchange)) throw error;
    const { offset, message: text } = error;
    if (!told) yield { kind: 'skipped', warning: { offset, text } };
  }
}

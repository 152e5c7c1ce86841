import { unusedReference } from '../../edifact/agreement.ts';
import { isRejected } from '../../edifact/contrl.ts';
import { loadDirectory } from '../../edifact/directory.ts';
import { UnreadableInterchange } from '../../edifact/errors.ts';
import type { Finding, Interchange } from '../../edifact/interchange.ts';
import { readPayload, type PayloadEvent } from '../../edifact/payload.ts';
import { spotOf } from '../../edifact/segment.ts';
import { EDIFACT_STREAM_LIMITS } from '../../limits.ts';
import type { Input } from './input.ts';

/**
 * Everything in a file, with every fault, a control reference that its sender used before in the file (26) included; what
 * is no interchange at all is told as skipped too.
 */
export async function* eventsIn({ source }: Input, headersOnly: boolean): AsyncGenerator<PayloadEvent> {
  const settings = { ...EDIFACT_STREAM_LIMITS, directories: loadDirectory, groups: true, headersOnly };
  const used = new Set<string>();
  let told = false;
  try {
    for await (const event of readPayload(source.pieces(), settings)) {
      told ||= event.kind === 'skipped';
      if (event.kind === 'closed') yield { kind: 'closed', interchange: withDuplicate(event.interchange, used) };
      else yield event;
    }
  } catch (error) {
    if (!(error instanceof UnreadableInterchange)) throw error;
    const { offset, message: text } = error;
    if (!told) yield { kind: 'skipped', warning: { offset, text } };
  }
}

/** What is refused as a whole was not received, so that its reference may be used for the mended one. */
function withDuplicate(interchange: Interchange, used: Set<string>): Interchange {
  const { sender, reference, header, findings } = interchange;
  const name = JSON.stringify([sender.id, sender.qualifier, reference]);
  if (!used.has(name)) {
    if (!isRejected(interchange)) used.add(name);
    return interchange;
  }
  const duplicate: Finding = {
    ...{ level: 'UCI', code: '26', tag: 'UNB', segment: 0, element: 6, ...spotOf(header, 6) },
    text: `Control reference ${reference} was used before in this file`,
    expected: unusedReference,
  };
  return { ...interchange, findings: [duplicate, ...findings] };
}

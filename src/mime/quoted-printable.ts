const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;

/**
 * RFC 2045 §6.7. Blanks before a line end are taken away, because carriers add them (rule 3); lower-case digits are
 * understood; an `=` that begins neither an octet nor a soft line end stands for itself.
 */
export function decodeQuotedPrintable(body: Buffer): Buffer {
  const decoded = Buffer.allocUnsafe(body.length);
  let filled = 0;
  /** End of what is not a blank that may yet turn out to stand before a line end. */
  let solid = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (byte === EQUALS) {
      const soft = softLineEnd(body, at + 1);
      const value = soft === undefined ? octetAt(body, at + 1) : undefined;
      if (soft !== undefined) at = soft - 1;
      else {
        decoded[filled++] = value ?? byte;
        if (value !== undefined) at += 2;
      }
      solid = filled;
      continue;
    }
    if (byte === LF || (byte === CR && body[at + 1] === LF)) filled = solid;
    decoded[filled++] = byte;
    if (byte !== 0x20 && byte !== 0x09) solid = filled;
  }
  return decoded.subarray(0, solid);
}

/** Where the next line begins, when from `at` there are only blanks to the end of this one. */
function softLineEnd(body: Buffer, at: number): number | undefined {
  let end = at;
  while (body[end] === 0x20 || body[end] === 0x09) end++;
  if (end >= body.length) return end;
  if (body[end] === CR) end++;
  return body[end] === LF ? end + 1 : undefined;
}

function octetAt(body: Buffer, at: number): number | undefined {
  const digits = body.toString('latin1', at, at + 2);
  return /^[0-9A-Fa-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

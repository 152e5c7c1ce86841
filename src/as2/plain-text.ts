/**
 * Text of a partner, fit for a log line, a header or the text of a receipt: one line of printable ASCII, cut at
 * `limit` characters. What is not printable becomes `?`.
 */
export function plainText(text: string, limit = 200): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}...` : text;
  return cut.replace(/[^ -~]+/g, '?');
}

import { z } from 'zod';

/** `30s` ↔ milliseconds; never 0, and never so long that a date could not hold it */
export const duration = z.codec(
  written(/^([1-9]\d{0,8}(ms|s|m)|[1-9]\d{0,7}h|[1-9]\d{0,6}d)$/, 'a duration such as 30s, 5m or 24h').meta({
    title: 'duration',
  }),
  z.number(),
  {
    decode: (text) => Number.parseInt(text, 10) * scaleOf(MILLISECONDS, text.replace(/^\d+/, '')),
    encode: (value) => format(MILLISECONDS, value, ''),
  },
);

/** `100 MiB` ↔ bytes; never 0, which would let nothing through */
export const size = z.codec(
  written(/^[1-9]\d{0,8} ?(B|KiB|MiB|GiB)$/, 'a size such as 512 KiB or 100 MiB').meta({ title: 'size' }),
  z.number(),
  {
    decode: (text) => Number.parseInt(text, 10) * scaleOf(BYTES, text.replace(/^\d+ ?/, '')),
    encode: (value) => format(BYTES, value, ' '),
  },
);

/** A day or an instant in UTC ↔ Date; a day alone means its first instant. */
export const instantFrom = instant('T00:00:00.000Z');

/** The same; a day alone means its last instant, so that `validTo: 2027-12-31` holds through that day. */
export const instantTo = instant('T23:59:59.999Z');

const MILLISECONDS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const BYTES = { GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, B: 1 };

function scaleOf(scales: Readonly<Record<string, number>>, unit: string): number {
  return scales[unit] ?? Number.NaN;
}

/** In the largest unit that divides the value. */
function format(scales: Readonly<Record<string, number>>, value: number, gap: string): string {
  const units = Object.entries(scales);
  const [unit, scale] = units.find(([, each]) => value >= each && value % each === 0) ??
    units[units.length - 1] ?? ['', 1];
  return `${value / scale}${gap}${unit}`;
}

/** A text of a form; whatever else is there, a bare number too, is told what is expected. */
function written(form: RegExp, expected: string) {
  return z.string(expected).regex(form, expected);
}

function instant(timeOfDay: string) {
  return z.codec(
    written(
      /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,3})?Z)?$/,
      'a day such as 2027-12-31, or an instant such as 2027-12-31T12:00:00Z',
    ).meta({ title: 'day or instant' }),
    z.date(),
    {
      decode: (text) => new Date(text.includes('T') ? text : text + timeOfDay),
      encode: (date) => date.toISOString(),
    },
  );
}

/** The hours of the night in which no message is sent. */
import type { QuietHours } from '../config';

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;

/**
 * How long the quiet hours last, in milliseconds; 0 when it is not one of them. A clock that is put forward or back in the
 * meantime is not foreseen: whoever waits looks again.
 *
 * @param timeZone - whose clock counts, as an IANA name; that of this machine when it is absent or unknown.
 */
export function leftOfQuietHours(quietHours: QuietHours | undefined, now: Date, timeZone: string | undefined): number {
  if (!quietHours) return 0;
  const { from, until } = quietHours;
  const minute = minuteOfDay(now, timeZone);
  const since = (minute - from + DAY_MINUTES) % DAY_MINUTES;
  const length = (until - from + DAY_MINUTES) % DAY_MINUTES;
  return since < length ? (length - since) * MINUTE - (now.getTime() % MINUTE) : 0;
}

function minuteOfDay(now: Date, timeZone: string | undefined): number {
  const parts = clockOf(timeZone).formatToParts(now);
  const valueOf = (type: 'hour' | 'minute') => Number(parts.find((part) => part.type === type)?.value);
  return valueOf('hour') * 60 + valueOf('minute');
}

function clockOf(timeZone: string | undefined): Intl.DateTimeFormat {
  const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  try {
    return new Intl.DateTimeFormat('en', { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat('en', options);
  }
}

import { SendError } from '../failure';

/**
 * Puts an attempt off while an earlier one that may have sent the message ended less than `ms` ago: what became of that
 * is not to be seen yet. Clocks that differ never put it off for longer than twice that.
 *
 * @param doubtfulUntil when that attempt was known to have ended: RFC 3339.
 * @param sentence tells a person what is waited for.
 * @throws {SendError} `Unavailable`, with the rest of the time.
 */
export function settle(doubtfulUntil: string, ms: number, sentence: string): void {
  const elapsed = Date.now() - Date.parse(doubtfulUntil);
  if (Math.abs(elapsed) < ms) throw new SendError('Unavailable', sentence, ms - elapsed);
}

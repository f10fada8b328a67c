/** The words by which people say over SMS what they want of a sender. */

export type Wish = 'STOP' | 'START' | 'HELP';

/** Twilio's default keywords (its "Support for Opt-Out Keywords"). */
const KEYWORDS = new Map<string, Wish>([
  ...['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT'].map(
    (word) => [word, 'STOP'] as const,
  ),
  ...['START', 'UNSTOP', 'YES'].map((word) => [word, 'START'] as const),
  ...['HELP', 'INFO'].map((word) => [word, 'HELP'] as const),
]);

/** What a text message asks for, if it is one such word and no more, in small letters or capitals. */
export function wishOf(text: string): Wish | undefined {
  return KEYWORDS.get(text.trim().toUpperCase());
}

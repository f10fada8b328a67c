/**
 * The last resort against contacts and secrets in what is said: what writes a log should not hand them over in the first
 * place. It takes text or a line of JSON, and a line of JSON stays one.
 */

/** A shorter secret would turn up in the middle of innocent words. */
const SHORTEST_SECRET = 8;

/** A character that JSON has escaped: what follows must not be taken for more than it is. */
const ESCAPED = /\\(?:u[\da-f]{4}|.)/;

/** The scheme and the credentials of an `Authorization` header (RFC 9110, section 11.4). */
const CREDENTIALS = /\b(?:Basic|Bearer)\s+[\w.~+/=-]{8,}/;

/** Anything with an @, or what stands for it in an address, between what may be a mailbox and what may be its host. */
const EMAIL = /[\w.+'-]{1,64}(?:@|%40)(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}/;

/** A number in the international spelling, as which this program keeps every one (E.164), however it is grouped. */
const PHONE = /(?:\+|%2b)\d(?:[ ().-]{0,2}\d){6,14}/;

/** Makes a function that takes away contacts, and the given secrets. */
export function createRedaction(secrets: readonly string[]): (text: string) => string {
  const known = secrets
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .map((secret) => secret.replace(/[^\w]/g, '\\$&'));
  const secret = [...known, CREDENTIALS.source].join('|');
  const anything = new RegExp(
    `(?<secret>${secret})|(?<escaped>${ESCAPED.source})|(?<email>${EMAIL.source})|(?<phone>${PHONE.source})`,
    'gi',
  );
  return (text) =>
    text.replace(anything, (...found: unknown[]) => {
      const kinds = found.at(-1) as Record<string, string | undefined>; // The named groups come last.
      return kinds.escaped ?? (kinds.secret ? '[secret]' : kinds.email ? '[email]' : '[phone]');
    });
}

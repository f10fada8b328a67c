/** How the addresses of contacts are read, wherever a person writes them. */
import { parsePhoneNumberFromString, type CountryCode, type PhoneNumber } from 'libphonenumber-js/max';
import { z } from 'zod';

const notAnEmail = 'must be an email address, such as bob@example.com';

export const emailAddress = z
  .string({ error: notAnEmail })
  .trim()
  .regex(z.regexes.email, { error: notAnEmail, abort: true })
  .max(254, { error: 'must have at most 254 characters', abort: true })
  // RFC 5321, section 4.5.3.1, and RFC 1123, section 2.1: how long the parts are, and that no label ends with a hyphen.
  .regex(/^[^@]{1,64}@(?:[A-Za-z0-9-]{0,62}[A-Za-z0-9](?:\.|$))+$/, notAnEmail);

/**
 * Reads a phone number in any usual spelling.
 *
 * @param defaultCountry - of numbers without a country code.
 * @returns undefined when it is none.
 */
export function readPhoneNumber(text: string, defaultCountry: CountryCode): PhoneNumber | undefined {
  const plain = withoutOrnaments(text);
  for (const spelling of [plain, plain.replace(/^00/, '+')]) {
    const number = parsePhoneNumberFromString(spelling, { defaultCountry, extract: false });
    if (number?.isValid() && !number.ext) return number;
  }
  return undefined;
}

/** Takes away what contact apps and web pages put around a number: invisible marks, fancy spaces, `tel:`, brackets. */
function withoutOrnaments(text: string): string {
  return text
    .replace(/\p{Cf}/gu, '')
    .replace(/\p{Zs}/gu, ' ')
    .trim()
    .replace(/^tel:/i, '')
    .replace(/^\((\+\d+)\)/, '$1');
}

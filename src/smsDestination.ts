import type { CountryCode, PhoneNumber } from 'libphonenumber-js/max';

/**
 * Why no text message is sent to a valid number, as the end of a sentence that begins with its field; `undefined` when one is.
 *
 * @param countries - that text messages are sent to; `undefined` means all.
 */
export function whyNoSmsGoesTo(number: PhoneNumber, countries: CountryCode[] | undefined): string | undefined {
  if (number.getType() === 'PREMIUM_RATE') return 'must not be a premium-rate number';
  // Countries may share a code, such as +1. A number that is of none in particular, such as a satellite's, has no country.
  if (countries && !(number.country && countries.includes(number.country)))
    return `must be a number of ${countries.join(' or ')}: text messages are sent to no other country`;
  return undefined;
}

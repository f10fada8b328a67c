import type { CountryCode } from 'libphonenumber-js/max';
import { emailAddress, readPhoneNumber } from '../address';
import type { Forgettable } from '../temporal/forgetting';

/**
 * Reads whom to forget, as the API reads whom to remind.
 *
 * @param defaultCountry - of phone numbers without a country code.
 * @returns undefined when it is neither an email address nor a phone number.
 */
export function readRecipient(text: string, defaultCountry: CountryCode): Forgettable | undefined {
  const email = emailAddress.safeParse(text);
  if (email.success) {
    // A contact's id does not know capitals either.
    const isAt: Forgettable['isAt'] = (channel, other) =>
      channel === 'email' && other.trim().toLowerCase() === email.data.toLowerCase();
    return { channel: 'email', address: email.data, isAt };
  }
  const address = readPhoneNumber(text, defaultCountry)?.number;
  if (address === undefined) return undefined;
  const isAt: Forgettable['isAt'] = (channel, other) =>
    channel === 'sms' && readPhoneNumber(other, defaultCountry)?.number === address;
  return { channel: 'sms', address, isAt };
}

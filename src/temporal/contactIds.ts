/** What contacts are called where their addresses must not stand: in ids and search attributes, which are never encrypted. */
import type { Channel } from '../reminder';
import type { RootKey } from './rootKey';

export interface ContactIds {
  /** The id of a contact: an email address, whose capitals do not count, or a phone number in E.164 format. */
  idOf(channel: Channel, address: string): Promise<string>;
  /**
   * The id of all the addresses that may be one mailbox, for limits: without dots and "+alias" before the "@". They are not
   * taken for one contact, because at some providers they are several.
   */
  foldedIdOf(channel: Channel, address: string): Promise<string>;
}

export function createContactIds(rootKey: RootKey): ContactIds {
  const mark = (text: string) => rootKey.mark('contact ids', text);
  return {
    idOf: (channel, address) => mark(`${channel} ${address.toLowerCase()}`),
    foldedIdOf: (channel, address) => mark(`folded ${channel} ${fold(address.toLowerCase())}`),
  };
}

function fold(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 0) return address;
  const local = address.slice(0, at).replace(/\+.*$/, '').replaceAll('.', '');
  return local + address.slice(at);
}

/**
 * Whether a message may be sent, and now. It is looked at by the activities that send, so that no workflow, wherever it was
 * started, can go round it.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { Config, QuietHours } from '../config';
import type { Person, Standing } from '../contact';
import type { Channel } from '../reminder';
import { whyNoSmsGoesTo } from '../smsDestination';
import { SendError } from './failure';
import { leftOfQuietHours } from './quietHours';

/** What is known of contacts. */
export interface ContactBook {
  standing(channel: Channel, address: string): Promise<Standing>;
  /** Asks for consent on behalf of a reminder, which is told of the answer. */
  ask(channel: Channel, candidate: Candidate): Promise<void>;
  /** How many contacts were asked over a channel within 24 hours; with a folded id, of those that may be one mailbox. */
  countAsked(channel: Channel, foldedId?: string): Promise<number>;
}

export type AdmissionRules = Pick<Config, 'requireConsent' | 'quietHours' | 'smsCountries' | 'limits'>;

/** A message that is to be sent. */
export interface Candidate {
  reminderId: string;
  /** An email address, or a phone number in E.164 format. */
  to: string;
  /** The time zone of the recipient, as an IANA name. */
  timeZone?: string | undefined;
}

/**
 * Resolves when a message may be sent now.
 *
 * @throws {SendError} `Stopped`, `Unconfirmed`, `QuietHours` or `Rejected` when it may not; `Unavailable` when that cannot be
 *   found out. In each case nothing was sent.
 */
export type Admission = (channel: Channel, candidate: Candidate) => Promise<void>;

/**
 * The same for a question for consent.
 *
 * @throws {SendError} `QuietHours`, `RateLimited`, `Rejected` or `Unavailable`.
 */
export type QuestionAdmission = (channel: Channel, person: Person) => Promise<void>;

export function createAdmission(contacts: ContactBook, rules: AdmissionRules): Admission {
  return async (channel, candidate) => {
    const { to, timeZone } = candidate;
    if (channel === 'sms') refuseDestination(to, rules.smsCountries);

    const { state, reason } = await known(contacts.standing(channel, to));
    if (state === 'stopped') throw new SendError('Stopped', reason ?? 'The person wants no messages.');
    if (rules.requireConsent[channel]) {
      if (state === 'unreachable') throw new SendError('Rejected', `Consent could not be asked for: ${reason ?? ''}`);
      if (state === 'unconfirmed') {
        await known(contacts.ask(channel, candidate));
        throw new SendError('Unconfirmed', 'The person has not yet agreed to get reminders.');
      }
    }

    refuseAtNight(rules.quietHours[channel], timeZone);
  };
}

/** How many of the addresses that may be one mailbox are asked within 24 hours. */
const MOST_ALIASES = 3;

/** Within a day there is room for another question, in milliseconds. */
const NEXT_ROOM = 3_600_000;

/** Within this time, in milliseconds, Temporal learns who was asked. */
const LAG = 30_000;

export function createQuestionAdmission(contacts: ContactBook, rules: AdmissionRules): QuestionAdmission {
  /** Whom this worker has let be asked of late: when, in milliseconds since 1970, by their address. */
  const recent = new Map<string, { channel: Channel; foldedId: string; at: number }>();

  function othersOf(channel: Channel, address: string) {
    for (const [other, { at }] of recent) if (at < Date.now() - LAG) recent.delete(other);
    return [...recent].flatMap(([other, asked]) => (asked.channel === channel && other !== address ? [asked] : []));
  }

  return async (channel, { address, foldedId, timeZone }) => {
    if (channel === 'sms') refuseDestination(address, rules.smsCountries);
    refuseAtNight(rules.quietHours[channel], timeZone);
    const { questionsPerDay } = rules.limits;
    const [inAll, here] = await known(
      Promise.all([
        questionsPerDay === undefined ? 0 : contacts.countAsked(channel),
        contacts.countAsked(channel, foldedId),
      ]),
    );
    const others = othersOf(channel, address);
    const othersHere = others.filter((other) => other.foldedId === foldedId);
    const isFull = questionsPerDay !== undefined && Math.max(inAll, others.length) >= questionsPerDay;
    if (isFull || Math.max(here, othersHere.length) >= MOST_ALIASES)
      throw new SendError('RateLimited', 'Too many people were asked for consent today.', NEXT_ROOM);
    recent.set(address, { channel, foldedId, at: Date.now() });
  };
}

function refuseAtNight(quietHours: QuietHours | undefined, timeZone: string | undefined): void {
  const left = leftOfQuietHours(quietHours, new Date(), timeZone);
  if (left > 0) throw new SendError('QuietHours', 'It is night where the person lives.', left);
}

async function known<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch {
    throw new SendError('Unavailable', 'Whether the person wants messages could not be looked up.');
  }
}

function refuseDestination(phone: string, countries: AdmissionRules['smsCountries']): void {
  const number = parsePhoneNumberFromString(phone);
  const why = number ? whyNoSmsGoesTo(number, countries) : 'must be a phone number';
  if (why !== undefined) throw new SendError('Rejected', `The phone number ${why}.`);
}

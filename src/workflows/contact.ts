/**
 * A contact, and whether messages may go there:
 *
 *     unconfirmed ── confirm, resume ──► confirmed ── stop ──► stopped ─┬─ resume ──► confirmed
 *         └─ (could not be asked) ─► unreachable ── ask ──► unconfirmed ◄─┘ reopen
 *
 * It runs as long as anything is to be known of the contact: for good.
 */
import {
  condition,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Confirmation, ConfirmationOutcome, ConsentRequest, ContactInput, ContactState, Person } from '../contact';
import type { Channel } from '../reminder';
import { sending, tryOnce } from './delivery';
import { consentChanged } from './reminder';
import { contactAskedAt, contactChannel, contactState, reminderContact } from './searchAttributes';
import { fromNow } from './status';

/** There is a reminder for this contact, which may not have agreed yet. */
export const ask = defineSignal<[ConsentRequest]>('ask');

/** The last question got lost or too old: it is sent again, or another one. The answer is whether it is; there are few. */
export const askAgain = defineUpdate<boolean, [secret: string]>('askAgain');

/** Somebody tells what only those know who got the question. */
export const confirm = defineUpdate<ConfirmationOutcome, [secret: string]>('confirm');

/** They want no messages, or can get none; the reason is one sentence without contacts. */
export const stop = defineSignal<[reason: string]>('stop');

/** They want messages, or want them again. The id of the message that says so, if there is one, counts once. */
export const resume = defineSignal<[messageId?: string]>('resume');

/** They may be asked again whether they want messages. */
export const reopen = defineSignal('reopen');

const MINUTE = 60 * 1_000;
const DAY = 24 * 60 * MINUTE;
const MONTH = 30 * DAY;

/** For how long a question can be answered, in milliseconds: six digits could be guessed in time, a link could not. */
const VALID = { email: 7 * DAY, sms: 15 * MINUTE };

/** For how long a question is tried to be sent, in milliseconds: a night and a day whose questions are used up are over then. */
const TRYING = 2 * DAY;

/** How many wrong answers to a question are taken. */
const TRIES = { email: undefined, sms: 5 };

/** How many questions go to a contact within a time: people who never asked for any shall not be bothered. */
const MOST_QUESTIONS = [
  { within: DAY, most: 3 },
  { within: MONTH, most: 6 },
];

/** Of so many messages is known that they were heard. Providers repeat themselves within minutes, if at all. */
const MOST_HEARD = 20;

/** More reminders than this are not told, and find out by themselves when they look again. */
const MOST_WAITING = 1_000;

/** Keeps whether messages may go to a contact, asks it for consent, and tells the reminders that wait for that. */
export async function contact(current: ContactInput): Promise<void> {
  /** The question that is being sent. */
  let unsent: Confirmation | undefined;

  const isDecided = () => current.state !== 'unconfirmed';
  const become = (state: ContactState, reason?: string): void => {
    Object.assign(current, { state, reason });
    if (isDecided()) current.confirmation = unsent = undefined;
    upsertSearchAttributes([{ key: contactState, value: state }]);
    upsertMemo({ channel: current.channel, reason: reason ?? null });
  };
  /** A question that can still be answered is asked once more: nobody makes the one useless that somebody else has got. */
  const prepareQuestion = (secret: string): boolean => {
    if (unsent && isOpen(unsent)) return true;
    if (!current.person || wasAskedEnough(current)) return false;
    if (!isOpen(current.confirmation)) current.confirmation = newConfirmation(current, secret);
    unsent = current.confirmation;
    return true;
  };

  setHandler(ask, ({ person, reminderId, secret }) => {
    current.person = person;
    if (current.waiting.includes(reminderId)) return;
    if (current.state === 'unreachable') become('unconfirmed');
    // One for which nobody can be asked today asks again when it looks the next time.
    const isAsked = isDecided() || isOpen(current.confirmation) || prepareQuestion(secret);
    if (isAsked && current.waiting.length < MOST_WAITING) current.waiting.push(reminderId);
  });
  setHandler(askAgain, (secret) => current.state === 'unconfirmed' && prepareQuestion(secret));
  setHandler(confirm, (secret) => {
    const outcome = outcomeOf(current, secret);
    if (outcome === 'confirmed' && current.state !== 'confirmed') become('confirmed');
    return outcome;
  });
  setHandler(stop, (reason) => {
    become('stopped', reason);
  });
  setHandler(resume, (messageId) => {
    if (messageId !== undefined && current.heard.includes(messageId)) return;
    if (messageId !== undefined) current.heard = [...current.heard, messageId].slice(-MOST_HEARD);
    become('confirmed');
  });
  setHandler(reopen, () => {
    if (current.state === 'stopped') become('unconfirmed');
  });

  for (;;) {
    const mustTell = () => isDecided() && current.waiting.length > 0;
    await condition(() => mustTell() || unsent !== undefined || workflowInfo().continueAsNewSuggested);
    if (isDecided()) await Promise.all(current.waiting.splice(0).map(tell));
    if (unsent && current.person) {
      const question = unsent;
      const isNeedless = () => unsent !== question;
      const outcome = await send(current.channel, current.person, question, isNeedless);
      if (outcome.kind === 'sent') countAsAsked(current, current.person);
      if (isNeedless()) continue;
      unsent = undefined;
      if (outcome.kind === 'refused') become('unreachable', outcome.sentence);
      // One that they have got already can still be answered.
      if (outcome.kind === 'unsent' && !question.sentAt)
        Object.assign(current, { confirmation: undefined, waiting: [] });
    } else if (workflowInfo().continueAsNewSuggested) {
      await makeContinueAsNewFunc<typeof contact>({ memo: workflowInfo().memo })(current);
    }
  }
}

function wasAskedEnough({ askedAt }: ContactInput): boolean {
  return MOST_QUESTIONS.some(({ within, most }) => askedAt.filter((at) => isWithin(at, within)).length >= most);
}

function isWithin(at: string, ms: number): boolean {
  return Date.parse(at) > Date.now() - ms;
}

/** Until it is known that it was sent, a question can be answered for as long as it may take to send it. */
function newConfirmation({ channel }: ContactInput, secret: string): Confirmation {
  return { secret, expiresAt: fromNow(TRYING + VALID[channel]), triesLeft: TRIES[channel] };
}

function isOpen(confirmation: Confirmation | undefined): boolean {
  return confirmation !== undefined && Date.now() < Date.parse(confirmation.expiresAt) && confirmation.triesLeft !== 0;
}

function outcomeOf({ state, confirmation }: ContactInput, secret: string): ConfirmationOutcome {
  if (state === 'confirmed') return 'confirmed';
  if (state !== 'unconfirmed' || !confirmation || Date.now() >= Date.parse(confirmation.expiresAt)) return 'expired';
  if (confirmation.triesLeft === 0) return 'exhausted';
  if (secret === confirmation.secret) return 'confirmed';
  if (confirmation.triesLeft !== undefined) confirmation.triesLeft--;
  return confirmation.triesLeft === 0 ? 'exhausted' : 'wrong';
}

/** What became of a question. */
type Asked =
  /** It was sent, or may have been. Whoever did not get it can be asked again, and is not bothered by doubles. */
  | { kind: 'sent' }
  /** Nobody could be reached for two days, or it is not needed any more: those who wait ask again when they look. */
  | { kind: 'unsent' }
  /** Nothing can be sent there. */
  | { kind: 'refused'; sentence: string };

/** Here for this contact, and where it can be seen how many people are asked. */
function countAsAsked(current: ContactInput, { foldedId }: Person): void {
  current.askedAt = [...current.askedAt.filter((at) => isWithin(at, MONTH)), fromNow(0)];
  upsertSearchAttributes([
    { key: contactAskedAt, value: new Date() },
    { key: contactChannel, value: current.channel },
    { key: reminderContact, value: [foldedId] },
  ]);
}

/** Sends a question for consent, trying for two days, or until it is `needless`. */
async function send(channel: Channel, person: Person, question: Confirmation, needless: () => boolean): Promise<Asked> {
  const request = { contactId: workflowInfo().workflowId, channel, person, secret: question.secret };
  const { sendConfirmation } = sending(channel, 'Ask for consent');
  let pause = 2_000;
  for (let paused = 0; paused < TRYING && !needless(); paused += pause) {
    const attempt = await tryOnce(() => sendConfirmation(request));
    switch (attempt.kind) {
      case 'Sent':
      case 'MaybeSent':
        question.sentAt = fromNow(0);
        question.expiresAt = fromNow(VALID[channel]);
        return { kind: 'sent' };
      case 'Rejected':
      case 'Stopped':
        return { kind: 'refused', sentence: attempt.sentence };
    }
    pause = Math.max(Math.min(2 * pause, 10 * MINUTE), attempt.retryAfterMs ?? 0);
    await condition(needless, pause, { summary: 'Until the next attempt' });
  }
  return { kind: 'unsent' };
}

/** Reminders that have ended meanwhile need not know. */
async function tell(reminderId: string): Promise<void> {
  await getExternalWorkflowHandle(reminderId)
    .signal(consentChanged)
    .catch(() => undefined);
}

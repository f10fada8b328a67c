/**
 * A contact, and whether messages may go there:
 *
 *     unconfirmed ── confirm, resume ──► confirmed ── stop ──► stopped ── resume ──► confirmed
 *         └─ (could not be asked) ─► unreachable ── ask ──► unconfirmed
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
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { Confirmation, ConfirmationOutcome, ConsentRequest, ContactInput, ContactState } from '../contact';
import { sending, tryOnce } from './delivery';
import { consentChanged } from './reminder';
import { contactState } from './searchAttributes';
import { fromNow } from './status';

/** There is a reminder for this contact, which may not have agreed yet. */
export const ask = defineSignal<[ConsentRequest]>('ask');

/** The last question got lost or too old: sends another one. The answer is whether it does; there are few in a day. */
export const askAgain = defineUpdate<boolean>('askAgain');

/** Somebody tells what only those know who got the question. */
export const confirm = defineUpdate<ConfirmationOutcome, [secret: string]>('confirm');

/** They want no messages, or can get none; the reason is one sentence without contacts. */
export const stop = defineSignal<[reason: string]>('stop');

/** They want messages, or want them again. */
export const resume = defineSignal('resume');

const MINUTE = 60 * 1_000;
const DAY = 24 * 60 * MINUTE;

/** For how long a question can be answered, in milliseconds: six digits could be guessed in time, a link could not. */
const VALID = { email: 7 * DAY, sms: 15 * MINUTE };

/** How many answers to a question are looked at. */
const TRIES = 5;

/** How many questions go to a contact within a day: people who never asked for any shall not be bothered. */
const QUESTIONS_PER_DAY = 3;

/** More reminders than this are not told, and find out by themselves when they look again. */
const MOST_WAITING = 1_000;

/** Keeps whether messages may go to a contact, asks it for consent, and tells the reminders that wait for that. */
export async function contact(current: ContactInput): Promise<void> {
  let unsent: Confirmation | undefined;

  const isDecided = () => current.state !== 'unconfirmed';
  const become = (state: ContactState, reason?: string): void => {
    Object.assign(current, { state, reason });
    if (isDecided()) current.confirmation = unsent = undefined;
    upsertSearchAttributes([{ key: contactState, value: state }]);
    upsertMemo({ channel: current.channel, reason: reason ?? null });
  };
  const prepareQuestion = (): boolean => {
    const askedAt = current.askedAt.filter((at) => Date.parse(at) > Date.now() - DAY);
    if (askedAt.length >= QUESTIONS_PER_DAY) return false;
    current.askedAt = [...askedAt, fromNow(0)];
    current.confirmation = unsent = newConfirmation(current);
    return true;
  };

  setHandler(ask, ({ address, reminderId }) => {
    current.address = address;
    if (current.waiting.includes(reminderId)) return;
    if (current.state === 'unreachable') become('unconfirmed');
    // One for which nobody can be asked today asks again when it looks the next time.
    const isAsked = isDecided() || isOpen(current.confirmation) || prepareQuestion();
    if (isAsked && current.waiting.length < MOST_WAITING) current.waiting.push(reminderId);
  });
  setHandler(askAgain, () => current.state === 'unconfirmed' && prepareQuestion());
  setHandler(confirm, (secret) => {
    const outcome = outcomeOf(current, secret);
    if (outcome === 'confirmed' && current.state !== 'confirmed') become('confirmed');
    return outcome;
  });
  setHandler(stop, (reason) => {
    become('stopped', reason);
  });
  setHandler(resume, () => {
    become('confirmed');
  });

  for (;;) {
    const mustTell = () => isDecided() && current.waiting.length > 0;
    await condition(() => mustTell() || unsent !== undefined || workflowInfo().continueAsNewSuggested);
    if (isDecided()) await Promise.all(current.waiting.splice(0).map(tell));
    if (unsent) {
      const question = unsent;
      unsent = undefined;
      const outcome = await send(current, question, isDecided);
      if (isDecided()) continue;
      if (outcome.kind === 'refused') become('unreachable', outcome.sentence);
      if (outcome.kind === 'unsent') Object.assign(current, { confirmation: undefined, waiting: [] });
    } else if (workflowInfo().continueAsNewSuggested) {
      await makeContinueAsNewFunc<typeof contact>({ memo: workflowInfo().memo })(current);
    }
  }
}

/** Until it is known that it was sent, a question can be answered for as long as it may take to send it. */
function newConfirmation({ channel }: ContactInput): Confirmation {
  const secret = channel === 'email' ? uuid4() : String(Math.floor(Math.random() * 1e6)).padStart(6, '0');
  return { secret, expiresAt: fromNow(DAY + VALID[channel]), triesLeft: TRIES };
}

function isOpen(confirmation: Confirmation | undefined): boolean {
  return confirmation !== undefined && Date.now() < Date.parse(confirmation.expiresAt) && confirmation.triesLeft > 0;
}

function outcomeOf({ state, confirmation }: ContactInput, secret: string): ConfirmationOutcome {
  if (state === 'confirmed') return 'confirmed';
  if (state !== 'unconfirmed' || !confirmation || Date.now() >= Date.parse(confirmation.expiresAt)) return 'expired';
  if (confirmation.triesLeft === 0) return 'exhausted';
  if (secret === confirmation.secret) return 'confirmed';
  confirmation.triesLeft--;
  return confirmation.triesLeft === 0 ? 'exhausted' : 'wrong';
}

/** What became of a question. */
type Asked =
  /** It was sent, or may have been. Whoever did not get it can be asked again, and is not bothered by doubles. */
  | { kind: 'sent' }
  /** Nobody could be reached for a day, or it is not needed any more: those who wait ask again when they look. */
  | { kind: 'unsent' }
  /** Nothing can be sent there. */
  | { kind: 'refused'; sentence: string };

/** Sends a question for consent, trying for a day, or until it is `needless`. */
async function send(
  { channel, address = '' }: ContactInput,
  question: Confirmation,
  needless: () => boolean,
): Promise<Asked> {
  const { workflowId: contactId } = workflowInfo();
  const { sendConfirmation } = sending(channel, 'Ask for consent');
  let pause = 2_000;
  for (let paused = 0; paused < DAY && !needless(); paused += pause) {
    const attempt = await tryOnce(() => sendConfirmation({ contactId, channel, to: address, secret: question.secret }));
    switch (attempt.kind) {
      case 'Sent':
      case 'MaybeSent':
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

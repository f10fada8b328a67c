/**
 * A contact, and whether messages may go there:
 *
 *     unconfirmed ── confirm, resume ──► confirmed ── stop ──► stopped ── resume ──► confirmed
 *         └─ (could not be asked) ─► unreachable ── ask ──► unconfirmed
 *
 * It runs as long as anything is to be known of the contact: for good.
 */
import {
  ActivityFailure,
  condition,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  proxyActivities,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { Confirmation, ConfirmationOutcome, ConsentRequest, ContactInput, ContactState } from '../contact';
import { consentChanged } from './reminder';
import { contactState } from './searchAttributes';
import { fromNow } from './status';
import { sendingQueue } from './taskQueues';

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

  const become = (state: ContactState, reason?: string): void => {
    Object.assign(current, { state, reason });
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
    const isNew = !current.waiting.includes(reminderId);
    if (isNew && current.waiting.length < MOST_WAITING) current.waiting.push(reminderId);
    if (current.state === 'unreachable' && isNew) become('unconfirmed');
    if (current.state === 'unconfirmed' && isNew && !isOpen(current.confirmation)) prepareQuestion();
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
    const isDecided = () => current.state !== 'unconfirmed';
    const mustTell = () => isDecided() && current.waiting.length > 0;
    await condition(() => mustTell() || unsent !== undefined || workflowInfo().continueAsNewSuggested);
    if (isDecided()) {
      current.confirmation = unsent = undefined;
      await Promise.all(current.waiting.splice(0).map(tell));
    }
    if (unsent) {
      const question = unsent;
      unsent = undefined;
      const problem = await send(current, question);
      if (problem !== undefined && !isDecided()) become('unreachable', problem);
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
  if (!confirmation || Date.now() >= Date.parse(confirmation.expiresAt)) return 'expired';
  if (confirmation.triesLeft === 0) return 'exhausted';
  if (secret === confirmation.secret) return 'confirmed';
  confirmation.triesLeft--;
  return confirmation.triesLeft === 0 ? 'exhausted' : 'wrong';
}

/** Sends a question for consent, trying for a day. A double does no harm. Resolves to what is wrong when it cannot be sent. */
async function send({ channel, address = '' }: ContactInput, question: Confirmation): Promise<string | undefined> {
  const { workflowId, taskQueue } = workflowInfo();
  const { sendConfirmation } = proxyActivities<Activities>({
    taskQueue: sendingQueue(taskQueue, channel),
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '1 day',
    retry: { initialInterval: '2 seconds', maximumInterval: '10 minutes' },
    summary: 'Ask for consent',
  });
  try {
    await sendConfirmation({ contactId: workflowId, channel, to: address, secret: question.secret });
    question.expiresAt = fromNow(VALID[channel]);
    return undefined;
  } catch (error) {
    const { cause } = error instanceof ActivityFailure ? error : {};
    return cause?.message ?? 'The question for consent could not be sent.';
  }
}

/** Reminders that have ended meanwhile need not know. */
async function tell(reminderId: string): Promise<void> {
  await getExternalWorkflowHandle(reminderId)
    .signal(consentChanged)
    .catch(() => undefined);
}

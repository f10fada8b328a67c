import type { NativeConnection } from '@temporalio/worker';
import { temporal } from '@temporalio/proto';
import {
  contactAskedAt,
  contactChannel,
  contactState,
  reminderContact,
  reminderDueAt,
  reminderState,
} from '../workflows/searchAttributes';

const { INDEXED_VALUE_TYPE_DATETIME, INDEXED_VALUE_TYPE_KEYWORD, INDEXED_VALUE_TYPE_KEYWORD_LIST } =
  temporal.api.enums.v1.IndexedValueType;

/** The types, by the names that the Temporal CLI knows them by. */
const types = {
  Keyword: INDEXED_VALUE_TYPE_KEYWORD,
  KeywordList: INDEXED_VALUE_TYPE_KEYWORD_LIST,
  Datetime: INDEXED_VALUE_TYPE_DATETIME,
};

/** The search attributes that must be registered, with their types. */
export const searchAttributes: Record<string, keyof typeof types> = {
  [reminderState.name]: 'Keyword',
  [reminderDueAt.name]: 'Datetime',
  [reminderContact.name]: 'KeywordList',
  [contactState.name]: 'Keyword',
  [contactAskedAt.name]: 'Datetime',
  [contactChannel.name]: 'Keyword',
};

/** What an administrator does where a worker may not. */
export const howToRegister = `Register them once: temporal operator search-attribute create ${Object.entries(
  searchAttributes,
)
  .map(([name, type]) => `--name ${name} --type ${type}`)
  .join(' ')}`;

/**
 * Registers the search attributes that are missing, as in a database that an earlier version has made.
 *
 * @throws ServiceError where clients may not do that, as in Temporal Cloud: there an administrator does it, once.
 */
export async function registerSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(searchAttributes).filter(([name]) => !(name in customAttributes));
  if (missing.length > 0) await addSearchAttributes(connection, namespace, missing);
}

/** Registers search attributes of which none is there yet. */
export async function addSearchAttributes(
  { operatorService }: NativeConnection,
  namespace: string,
  added = Object.entries(searchAttributes),
): Promise<void> {
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(added.map(([name, type]) => [name, types[type]])),
  });
}

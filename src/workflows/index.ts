export { reminder } from './reminder';
export { rootKey } from './rootKey';

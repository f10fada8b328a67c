export { contact } from './contact';
export { reminder } from './reminder';
export { rootKey } from './rootKey';

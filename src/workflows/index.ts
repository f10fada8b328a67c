export { reminder } from './reminder';

/**
 * What is used of the YAML library, to be loaded only when there is YAML. A
 * module of our own, because the bundler gives a dynamic import of a CommonJS
 * package no names.
 *
 * @module
 */
export {
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  visit,
} from "yaml";
